import type { Item } from './preview.ts';

export function isMuted({ mutedUntil }: Item['settings']): boolean {
  return mutedUntil !== null && mutedUntil > Date.now();
}
