import { useEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const KEPT = 'satchel-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function now(): Theme {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'light' || kept === 'dark') return kept;
  return dark.matches ? 'dark' : 'light';
}

function apply(): void {
  document.documentElement.dataset.theme = now();
  for (const listener of listeners) listener();
}

dark.addEventListener('change', apply);
apply();

export function paint(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  apply();
}

export function useTheme(): Theme {
  const [theme, set] = useState(now);
  useEffect(() => {
    const listener = () => set(now());
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return theme;
}
