import type { AnyRecord } from './record';

/** A part of the relay's feed. */
export interface Feed {
  items: ({ seq: number; record: AnyRecord } | { seq: number; scope: { id: string; state: string } })[];
  next_after: number;
  more: boolean;
}

type Listener = (feed: Feed) => void;
export type Standing = 'connecting' | 'live' | 'lost';

const listeners = new Set<Listener>();
const watchers = new Set<(standing: Standing) => void>();
let source: EventSource | undefined;
let after: number | undefined;
let standing: Standing = 'connecting';

function stand(now: Standing): void {
  standing = now;
  for (const watcher of watchers) watcher(now);
}

function connect(): void {
  source?.close();
  source = new EventSource(after === undefined ? '/v1/events' : `/v1/events?after=${after}`);
  source.addEventListener('hello', (event) => {
    after ??= Number((event as MessageEvent<string>).lastEventId);
    stand('live');
  });
  source.addEventListener('changes', (event) => {
    const feed = JSON.parse((event as MessageEvent<string>).data) as Feed;
    after = feed.next_after;
    for (const listener of listeners) listener(feed);
  });
  source.addEventListener('error', () => {
    // The browser connects again by itself, unless the relay refused.
    stand('lost');
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => listeners.size > 0 && visible() && connect(), 5000);
  });
}

const visible = () => document.visibilityState === 'visible';

// A page that nobody looks at keeps no connection: browsers have few for one host.
document.addEventListener('visibilitychange', () => {
  if (listeners.size === 0) return;
  if (visible()) connect();
  else source?.close();
});

/** Hears what changes, as it happens, until the returned function is called. */
export function follow(listener: Listener): () => void {
  listeners.add(listener);
  if (listeners.size === 1 && visible()) connect();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) source?.close();
  };
}

/** Hears whether the line to the relay stands. */
export function watch(watcher: (standing: Standing) => void): () => void {
  watchers.add(watcher);
  watcher(standing);
  return () => watchers.delete(watcher);
}

/** The seq up to which everything was heard; none before the first word. */
export const heard = () => after;
