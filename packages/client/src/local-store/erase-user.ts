import type { UserId } from '@tidemark/core';
import type { LocalStore } from './local-store.ts';
import { LocalStoreError } from './local-store-error.ts';

/** Removes everything of a user, drafts too, and also what cannot be read. */
export async function eraseUser(store: LocalStore, userId: UserId): Promise<void> {
  await store.open(userId).catch((error: unknown) => {
    if (!(error instanceof LocalStoreError)) throw error;
  });
  await store.erase();
  await store.close();
}

/**
 * The store, from which everybody but who opens it is erased before it is open for the first time. It is opened before that, for a
 * repair. @param signOut closes what others have open elsewhere
 */
export function withoutOtherUsers(store: LocalStore, signOut: (other: UserId) => Promise<void>): LocalStore {
  let isFirst = true;
  return {
    ...store,
    open: async (userId) => {
      await store.open(userId);
      const others = ((isFirst && (await store.users?.())) || []).filter((each) => each !== userId);
      for (const other of others) {
        await signOut(other);
        await eraseUser(store, other);
      }
      if (others.length > 0) await store.open(userId);
      isFirst = false;
    },
  };
}
