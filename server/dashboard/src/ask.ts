import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from './api/problem';
import { follow } from './api/stream';

/** What was asked of the relay. While it is asked again, what was there stays: nothing jumps. */
export interface Asked<T> {
  value: T | undefined;
  problem: Problem | undefined;
  /** Whether an answer is on its way. */
  waits: boolean;
  again: () => void;
}

/** Figures are asked again at most so often while records come in. */
const CALM_MS = 2000;

/**
 * Asks when `key` changes, and again when a record of one of these kinds does. An answer that was overtaken by another
 * question is dropped.
 */
export function useAsk<T>(key: string | null, ask: () => Promise<T>, kinds: readonly string[] = []): Asked<T> {
  const [state, set] = useState<{ key: string | null; value?: T; problem?: Problem; waits: boolean }>({
    key: null,
    waits: true,
  });
  const round = useRef(0);
  const latest = useRef(ask);
  latest.current = ask;
  const again = useCallback(() => {
    if (key === null) return;
    round.current += 1;
    const mine = round.current;
    set((before) => (before.key === key ? { ...before, waits: true } : { key, waits: true }));
    latest.current().then(
      (value) => mine === round.current && set({ key, value, waits: false }),
      (problem: unknown) =>
        mine === round.current &&
        set((before) => ({
          ...(before.key === key && before.value !== undefined ? { value: before.value } : {}),
          key,
          problem: problem instanceof Problem ? problem : new Problem(0, 'failed', String(problem)),
          waits: false,
        })),
    );
  }, [key]);
  useEffect(again, [again]);
  const watched = kinds.join(' ');
  useEffect(() => {
    if (watched === '') return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = follow((feed) => {
      const concerned = feed.items.some((item) => 'scope' in item || watched.split(' ').includes(item.record.kind));
      if (concerned)
        timer ??= setTimeout(() => {
          timer = undefined;
          again();
        }, CALM_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [watched, again]);
  const mine = state.key === key;
  return {
    value: mine ? state.value : undefined,
    problem: mine ? state.problem : undefined,
    waits: state.waits || !mine,
    again,
  };
}
