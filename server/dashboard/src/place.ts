import { useEffect, useState } from 'preact/hooks';

/** Where somebody is in the dashboard: the address bar holds all of it. */
export interface Place {
  /** Parts of the path below `/app`. */
  path: string[];
  query: URLSearchParams;
}

const ROOT = '/app';
const listeners = new Set<() => void>();

export function here(): Place {
  const rest = location.pathname.startsWith(ROOT) ? location.pathname.slice(ROOT.length) : '';
  return {
    path: rest.split('/').filter(Boolean).map(decodeURIComponent),
    query: new URLSearchParams(location.search),
  };
}

/** What stays in the address while one goes from page to page. */
const KEPT = ['period', 'team', 'lang', 'currency'];

/** The address of a page; what is kept stays, `changes` are laid over it (`null` takes away). */
export function address(path: string[], changes: Record<string, string | null> = {}): string {
  const now = new URLSearchParams(location.search);
  const next = new URLSearchParams();
  for (const name of KEPT) {
    const value = now.get(name);
    if (value !== null) next.set(name, value);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  const query = next.toString();
  return `${[ROOT, ...path.map(encodeURIComponent)].join('/')}${query === '' ? '' : `?${query}`}`;
}

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  for (const listener of listeners) listener();
}

/** Changes the query of the page one is on. */
export function change(changes: Record<string, string | null>, how: 'push' | 'replace' = 'push'): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  go(`${location.pathname}${text === '' ? '' : `?${text}`}`, how);
}

addEventListener('popstate', () => {
  for (const listener of listeners) listener();
});

/** Links of our own are followed without loading the page anew. */
addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link?.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
  if (!link.pathname.startsWith(ROOT) || link.getAttribute('href')?.startsWith('#')) return;
  event.preventDefault();
  const same = link.pathname === location.pathname;
  go(link.href);
  if (!same) scrollTo(0, 0);
});

export function usePlace(): Place {
  const [place, set] = useState(here);
  useEffect(() => {
    const listener = () => set(here());
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return place;
}
