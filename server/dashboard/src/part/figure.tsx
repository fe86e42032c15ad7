import type { ComponentChildren } from 'preact';
import type { Figure, Head, Line } from '../api/insight';
import { address } from '../place';
import { ago, called, day, instant, moment, money, number, percent, spoken, t } from '../text';
import { Person } from './name';

/** How a figure is written, by its unit. */
export type Unit = { currency: string } | 'bp' | 'count' | 'x100' | 'hours' | 'points';

/** A number as one reads it; money at a glance where `short`. */
export function written(value: number, unit: Unit, short = false): string {
  if (typeof unit === 'object') return money({ minor: value, currency: unit.currency }, short ? 'short' : 'full');
  switch (unit) {
    case 'bp':
      return percent(value);
    case 'x100':
      return number(value / 100, { maximumFractionDigits: 2 });
    case 'hours':
      return value < 48 ? t('figure.hours', { n: value }) : t('figure.days', { n: Math.round(value / 24) });
    default:
      return number(value);
  }
}

/** Why there is no figure: never 0. */
export function why(figure: Figure): string {
  return t('figure.none', { why: called('reason', figure.reason ?? 'unknown') });
}

/** A figure in a line or a cell. */
export function Shown({ figure, unit, short = false }: { figure: Figure; unit: Unit; short?: boolean }) {
  if (figure.value === null || figure.value === undefined) return <span class="faint">{why(figure)}</span>;
  return <>{written(figure.value, unit, short)}</>;
}

/** The unit in which a target's line is counted. */
export function unitOf(line: Line): Unit {
  if (line.currency) return { currency: line.currency };
  return line.metric.endsWith('_bp') ? 'bp' : 'count';
}

/** What a target's line is called. */
export function lineName(line: Line): string {
  const own = spoken() === 'zh-CN' ? (line.name_zh ?? line.name_en) : (line.name_en ?? line.name_zh);
  return own ?? called('metric', line.metric);
}

interface TileGiven {
  title: string;
  figure: Figure | number;
  unit: Unit;
  note?: ComponentChildren;
  /** The records behind it. */
  drill?: Record<string, string>;
  /** The level of its heading: 3 within a section that has one. */
  level?: 2 | 3;
}

/** A figure at a glance, with what it means and the way to its records. */
export function Tile({ title, figure, unit, note, drill, level = 3 }: TileGiven) {
  const Heading = level === 2 ? 'h2' : 'h3';
  const value = typeof figure === 'number' ? figure : figure.value;
  return (
    <div class="tile">
      <Heading>{title}</Heading>
      {value === null || value === undefined ? (
        <>
          <p class="figure none">{t('figure.na')}</p>
          <p class="note">{called('reason', (figure as Figure).reason ?? 'unknown')}</p>
        </>
      ) : (
        <p class="figure" title={written(value, unit)}>
          {written(value, unit, true)}
        </p>
      )}
      {note !== undefined && <p class="note">{note}</p>}
      {drill !== undefined && (
        <p class="drill">
          <Drill to={drill} title={title} />
        </p>
      )}
    </div>
  );
}

/** The way from a figure to its records. */
export function Drill({ to, title }: { to: Record<string, string>; title: string }) {
  return (
    <a href={address(['records'], to)}>
      {t('figure.records')}
      <span class="unseen">: {title}</span>
    </a>
  );
}

/** Of whom, of when, and up to when it is known. */
export function Completeness({ head }: { head: Head }) {
  const { complete, of, complete_to, behind, never } = head.completeness;
  const period = `${day(head.period.first_day)} – ${day(head.period.last_day)}`;
  const known =
    of === 0
      ? t('complete.nobody')
      : complete_to
        ? t('complete.to', { at: moment(complete_to), complete, of })
        : t('complete.none', { of });
  const missing = behind.length + never.length > 0;
  return (
    <div class={`complete ${missing ? 'behind' : ''}`} role="note">
      {period} · {known}
      {missing && (
        <details>
          <summary>{t('complete.who', { n: behind.length + never.length })}</summary>
          <ul>
            {behind.map((one) => (
              <li key={one.member}>
                <Person id={one.member} />:{' '}
                {t('complete.since', { at: instant(one.complete_to), ago: ago(one.complete_to) })}
              </li>
            ))}
            {never.map((one) => (
              <li key={one}>
                <Person id={one} />: {t('complete.never')}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
