/** Dark or light: what the system prefers until somebody chooses. */
import { useSyncExternalStore } from 'react';

export type Theme = 'dark' | 'light';

const key = 'weft-theme';
const readers = new Set<() => void>();
const prefersLight = window.matchMedia('(prefers-color-scheme: light)');

const chosen = (): Theme | undefined => {
  const stored = localStorage.getItem(key);
  return stored === 'dark' || stored === 'light' ? stored : undefined;
};

const current = (): Theme => chosen() ?? (prefersLight.matches ? 'light' : 'dark');

const show = (): void => {
  document.documentElement.dataset['theme'] = current();
  for (const reader of readers) reader();
};

prefersLight.addEventListener('change', show);
show();

export const choose = (theme: Theme): void => {
  localStorage.setItem(key, theme);
  show();
};

export const useTheme = (): Theme =>
  useSyncExternalStore((reader) => {
    readers.add(reader);
    return () => readers.delete(reader);
  }, current);
