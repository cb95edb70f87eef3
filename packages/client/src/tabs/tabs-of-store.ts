import type { LocalStore } from '../local-store/local-store.ts';
import { LocalStoreError } from '../local-store/local-store-error.ts';
import { browserTabs, hasBrowserTabs } from './browser-tabs.ts';
import type { Tabs } from './tabs.ts';

/**
 * Tabs of a store that can have some, where the runtime knows them. A page without Web Locks, for want of https, owns
 * nothing: it cannot know whether another writes to the same store.
 */
export function tabsOfStore(
  tabs: Tabs | null | undefined,
  store: LocalStore | undefined,
): { tabs?: Tabs; refusal?: LocalStoreError } {
  if (tabs !== undefined) return tabs ? { tabs } : {};
  if (store?.sharedAs === undefined) return {};
  if (hasBrowserTabs()) return { tabs: browserTabs({ name: store.sharedAs }) };
  const isPage = (globalThis as { isSecureContext?: boolean }).isSecureContext !== undefined;
  if (!isPage) return {};
  return { refusal: new LocalStoreError('blocked', 'without Web Locks (https) tabs cannot share a store') };
}
