import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, told } from './api/client';
import { follow, type Standing, watch } from './api/stream';
import { Changes } from './page/changes';
import { Decide } from './page/decide';
import { Goal } from './page/goal';
import { Leak } from './page/leak';
import { Market } from './page/market';
import { PeoplePage } from './page/people';
import { RecordPage } from './page/record';
import { Records } from './page/records';
import { TeamPage } from './page/team';
import { CurrencyPick, PeriodPick, TeamPick } from './part/pick';
import { usePeople } from './people';
import { address, change, type Place } from './place';
import { choose, type Key, LANGUAGES, type Language, spoken, t, useLanguage } from './text';
import { paint, useTheme } from './theme';

interface Entry {
  name: string;
  title: Key;
  short: Key;
  page: ComponentType<{ place: Place }>;
  /** Whether what it shows depends on the period. */
  period?: boolean;
  team?: boolean;
}

/** One page for each question. */
const PAGES: Entry[] = [
  { name: 'goal', title: 'page.goal', short: 'nav.goal', page: Goal, period: true, team: true },
  { name: 'leak', title: 'page.leak', short: 'nav.leak', page: Leak, period: true, team: true },
  { name: 'team', title: 'page.team', short: 'nav.team', page: TeamPage, period: true, team: true },
  { name: 'market', title: 'page.market', short: 'nav.market', page: Market, period: true, team: true },
  { name: 'changes', title: 'page.changes', short: 'nav.changes', page: Changes },
  { name: 'decide', title: 'page.decide', short: 'nav.decide', page: Decide },
  { name: 'people', title: 'page.people', short: 'nav.people', page: PeoplePage },
];

/** Pages one reaches from those: the records behind a figure, and one record. */
const DEEPER: Entry[] = [
  { name: 'records', title: 'page.records', short: 'page.records', page: Records, period: true, team: true },
  { name: 'record', title: 'page.record', short: 'page.record', page: RecordPage },
];

function Line() {
  const [standing, set] = useState<Standing>('connecting');
  useEffect(() => watch(set), []);
  // The line stands on every page, also where nothing is followed.
  useEffect(() => follow(() => {}), []);
  const words: Record<Standing, Key> = { connecting: 'line.connecting', live: 'line.live', lost: 'line.lost' };
  return (
    <span class={`line ${standing}`} role="status">
      {t(words[standing])}
    </span>
  );
}

function Settings() {
  const theme = useTheme();
  const { me } = usePeople();
  const speakIn = (language: Language) => {
    choose(language);
    change({ lang: language }, 'replace');
  };
  const leave = async () => {
    await told(api.DELETE('/v1/session')).catch(() => {});
    location.assign('/');
  };
  return (
    <div class="settings">
      <div class="pair" role="group" aria-label={t('shell.language')}>
        {LANGUAGES.map((one) => (
          <button key={one} type="button" lang={one} aria-pressed={spoken() === one} onClick={() => speakIn(one)}>
            {one === 'en' ? 'EN' : '中文'}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="plain"
        aria-pressed={theme === 'dark'}
        onClick={() => paint(theme === 'dark' ? 'light' : 'dark')}
      >
        {t('shell.dark')}
      </button>
      <span class="me">{me.name}</span>
      <button type="button" class="plain" onClick={leave}>
        {t('shell.sign_out')}
      </button>
    </div>
  );
}

/** What stands around every page. */
export function Shell({ place }: { place: Place }) {
  useLanguage();
  const { org } = usePeople();
  const name = place.path[0] ?? 'goal';
  const entry = [...PAGES, ...DEEPER].find((one) => one.name === name);
  const title = entry === undefined ? t('page.none') : t(entry.title);
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(location.pathname);
  const path = location.pathname;
  useEffect(() => {
    document.title = `${title} · ${org.name}`;
    // One who follows a link hears where he is now.
    if (before.current !== path) heading.current?.focus({ preventScroll: true });
    before.current = path;
  }, [title, org.name, path]);
  const Page = entry?.page;
  return (
    <>
      <a class="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header class="top">
        <p class="brand">
          <img src="/favicon.svg" alt="" width="26" height="26" />
          <span>{org.name}</span>
        </p>
        <Line />
        <Settings />
      </header>
      <nav class="pages" aria-label={t('shell.pages')}>
        <ul>
          {PAGES.map((one) => (
            <li key={one.name}>
              <a href={address([one.name])} aria-current={one.name === name ? 'page' : undefined}>
                <span class="question">{t(one.title)}</span>
                <span class="short">{t(one.short)}</span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" tabIndex={-1}>
        <div class="head">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <div class="picks">
            {entry?.period && <PeriodPick place={place} />}
            {entry?.team && <TeamPick place={place} />}
            {entry?.period && <CurrencyPick place={place} />}
            <button type="button" class="plain print" onClick={() => print()}>
              {t('shell.print')}
            </button>
          </div>
        </div>
        {Page === undefined ? <p>{t('page.none.what')}</p> : <Page key={name} place={place} />}
      </main>
    </>
  );
}
