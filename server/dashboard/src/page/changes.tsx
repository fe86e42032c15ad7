import { useEffect, useRef, useState } from 'preact/hooks';
import { api, told } from '../api/client';
import { Problem } from '../api/problem';
import { type AnyRecord, named, plural } from '../api/record';
import { type Feed, follow } from '../api/stream';
import { Person } from '../part/name';
import { Failure } from '../part/state';
import { address } from '../place';
import { called, instant, money, t } from '../text';

type Item = { seq: number; record: AnyRecord };

/** Rows that are kept on the page. */
const MOST = 300;

/** What happened to a record, by what it shows now. */
function Story({ record }: { record: AnyRecord }) {
  const { derived, fields } = record;
  const isNew = record.created.at === record.updated.at;
  const amount = fields.amount as { minor: number; currency: string } | undefined;
  const facts: string[] = [];
  if (typeof derived.stage === 'string') facts.push(called('stage', derived.stage));
  if (amount?.currency !== undefined) facts.push(money(amount, 'short'));
  for (const name of ['status', 'state', 'verification']) {
    if (typeof derived[name] === 'string') facts.push(called(name, derived[name] as string));
  }
  if (typeof fields.outcome === 'string') facts.push(called('outcome', fields.outcome));
  return (
    <div>
      <Person id={record.updated.by} /> {t(isNew ? 'changes.made' : 'changes.edited')}{' '}
      <span class="faint">{called('kind', record.kind)}</span>{' '}
      <a href={address(['record', plural(record.kind), record.id])}>{named(record) ?? record.id.slice(0, 8)}</a>
      {facts.length > 0 && <span class="faint"> · {facts.join(' · ')}</span>}
      {record.conflicts.length > 0 && <span class="badge warn">{t('decide.conflict')}</span>}
      {derived.disputed === true && <span class="badge bad">{t('record.disputed')}</span>}
      {record.archived && <span class="badge">{t('record.archived')}</span>}
    </div>
  );
}

/** The newest of each record, the latest first. */
function merge(before: Item[], feed: Feed['items']): Item[] {
  const all = new Map(before.map((one) => [one.record.id, one]));
  for (const item of feed) if ('record' in item) all.set(item.record.id, item);
  return [...all.values()].sort((a, b) => b.seq - a.seq).slice(0, MOST);
}

/** What is there already: the last part of the feed, going back further until it is enough. */
async function recent(upto: number): Promise<Item[]> {
  for (let back = 256; ; back *= 8) {
    let after = Math.max(0, upto - back);
    let items: Item[] = [];
    let more = true;
    while (more) {
      const feed = (await told(
        api.GET('/v1/changes', { params: { query: { after, limit: 200 } } }),
      )) as unknown as Feed;
      items = merge(items, feed.items);
      after = feed.next_after;
      more = feed.more;
    }
    if (items.length >= 40 || back >= upto) return items;
  }
}

/** What changed: a list that moves only when its reader asks for the news. */
export function Changes() {
  const [items, setItems] = useState<Item[] | null>(null);
  const [news, setNews] = useState<Feed['items']>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    let over = false;
    const stop = follow((feed) => setNews((before) => [...before, ...feed.items.filter((item) => 'record' in item)]));
    const load = async () => {
      const found = await recent(await newest());
      if (!over) setItems(found);
    };
    load().catch(
      (error: unknown) =>
        !over && setProblem(error instanceof Problem ? error : new Problem(0, 'failed', String(error))),
    );
    return () => {
      over = true;
      stop();
    };
  }, []);
  const fresh = new Set(news.map((item) => ('record' in item ? item.record.id : ''))).size;
  const show = () => {
    setItems((before) => merge(before ?? [], news));
    setNews([]);
    list.current?.focus();
  };
  let day = '';
  return (
    <section class="card">
      <p class="what">{t('changes.what')}</p>
      {problem && <Failure problem={problem} />}
      <div class="news" role="status">
        {fresh > 0 && (
          <button type="button" class="main" onClick={show}>
            {t('changes.news', { n: fresh })}
          </button>
        )}
      </div>
      {items === null && problem === null && <p class="waiting">{t('state.loading')}</p>}
      {items?.length === 0 && <p class="empty">{t('changes.none')}</p>}
      <ol class="feed" ref={list} tabIndex={-1}>
        {(items ?? []).flatMap((item) => {
          const now = instant(item.record.updated.at, 'day');
          const head =
            now === day
              ? []
              : [
                  <li key={`day ${now} ${item.seq}`} class="day">
                    {now}
                  </li>,
                ];
          day = now;
          return [
            ...head,
            <li key={item.record.id}>
              <time dateTime={item.record.updated.at}>{instant(item.record.updated.at, 'time')}</time>
              <Story record={item.record} />
            </li>,
          ];
        })}
      </ol>
    </section>
  );
}

/** The newest seq, as the stream of events says it first. */
function newest(): Promise<number> {
  return new Promise((tell, fail) => {
    const source = new EventSource('/v1/events');
    source.addEventListener('hello', (event) => {
      source.close();
      tell(Number((event as MessageEvent<string>).lastEventId));
    });
    source.addEventListener('error', () => {
      source.close();
      fail(Problem.unreachable);
    });
  });
}
