import { useEffect, useState } from 'preact/hooks';
import catalogue from './text/catalogue.json';

export type Key = keyof typeof catalogue;
export type Language = 'en' | 'zh-CN';
export const LANGUAGES: readonly Language[] = ['en', 'zh-CN'];

const KEPT = 'satchel-language';
const listeners = new Set<() => void>();
let language: Language = 'en';
let zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const isChinese = (tag: string) => tag.toLowerCase().startsWith('zh');

/** The language: what the address says, else what was chosen here before, else the member's own, else the browser's. */
export function speak(own?: string): void {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(KEPT) ?? own;
  language = isChinese(asked ?? navigator.language) ? 'zh-CN' : 'en';
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

export function choose(next: Language): void {
  localStorage.setItem(KEPT, next);
}

export function liveIn(timeZone: string): void {
  zone = timeZone;
}

export const spoken = (): Language => language;
export const zoneName = (): string => zone;

export function useLanguage(): Language {
  const [now, set] = useState(language);
  useEffect(() => {
    const listener = () => set(language);
    listeners.add(listener);
    listener();
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return now;
}

/** A text by its key, with its places `{name}` filled. Where English has `one|many`, the place `{n}` decides. */
export function t(key: Key, places: Record<string, string | number> = {}): string {
  const [english, chinese] = catalogue[key] as [string, string];
  let text = language === 'zh-CN' ? chinese : english;
  if (language === 'en' && text.includes('|')) {
    const [one, many] = text.split('|') as [string, string];
    text = Number(places.n) === 1 ? one : many;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = places[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number(value) : value;
  });
}

/** What a code of the relay is called; a code that this version does not know is shown as it is. */
export function called(list: string, code: string | null | undefined): string {
  if (code === null || code === undefined || code === '') return '—';
  for (const key of [`${list}.${code}`, `code.${code}`]) {
    if (key in catalogue) return t(key as Key);
  }
  return code.replaceAll('_', ' ');
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(language, options).format(value);
}

/** Basis points as per cent. */
export function percent(bp: number, digits = 1): string {
  return number(bp / 10_000, { style: 'percent', minimumFractionDigits: 0, maximumFractionDigits: digits });
}

export interface Money {
  minor: number;
  currency: string;
}

function scale(currency: string): number {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  return 10 ** (digits ?? 2);
}

/** Money, in full or as one reads it at a glance (万 and 亿, K and M). */
export function money({ minor, currency }: Money, how: 'full' | 'short' = 'full'): string {
  const short: Intl.NumberFormatOptions = how === 'short' ? { notation: 'compact', maximumFractionDigits: 1 } : {};
  return number(minor / scale(currency), {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    ...(how === 'full' ? {} : { minimumFractionDigits: 0 }),
    ...short,
  });
}

/** Money as a plain number for tables that programs read. */
export function plain({ minor, currency }: Money): string {
  return (minor / scale(currency)).toFixed(Math.log10(scale(currency)));
}

export function instant(at: string | number, how: 'full' | 'time' | 'day' = 'full'): string {
  const options: Intl.DateTimeFormatOptions =
    how === 'time'
      ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
      : how === 'day'
        ? { year: 'numeric', month: 'short', day: 'numeric' }
        : { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(language, { timeZone: zone, ...options }).format(new Date(at));
}

/** A civil day (`2026-03-31`), which has no zone. */
export function day(date: string): string {
  const options: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' };
  return new Intl.DateTimeFormat(language, options).format(new Date(`${date}T00:00:00Z`));
}

/** The time today, else the day and the time. */
export function moment(at: string): string {
  return instant(at, 'day') === instant(Date.now(), 'day') ? instant(at, 'time') : instant(at);
}

export function ago(at: string, now = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(seconds > -5 ? 0 : seconds, 'second');
}

/** Sorted as people of the language do: Chinese by pinyin. */
export function compare(a: string, b: string): number {
  return new Intl.Collator(language, { numeric: true }).compare(a, b);
}
