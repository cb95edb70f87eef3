import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'tidemark-chat/theme';
const listeners = new Set<() => void>();
/** Where localStorage is full or forbidden it lasts until the page closes. */
let unstored: Theme | undefined;

function readTheme(): Theme {
  try {
    const text = unstored ?? localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'system';
  } catch {
    return unstored ?? 'system';
  }
}

function apply(): void {
  document.documentElement.dataset.theme = readTheme();
  for (const listener of listeners) listener();
}

/** Sets the page's theme, now and whenever another window of it (or the other pane) changes it. */
export function followTheme(): void {
  apply();
  addEventListener('storage', (event) => {
    if (event.key === KEY) apply();
  });
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    unstored = undefined;
  } catch {
    unstored = theme;
  }
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, readTheme);
}
