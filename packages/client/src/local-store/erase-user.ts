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

/** The same for everybody but `userId`, whose data are open before and after. @param signOut closes what is open elsewhere */
export async function eraseOtherUsers(
  store: LocalStore,
  userId: UserId,
  signOut: (other: UserId) => Promise<void>,
): Promise<void> {
  const others = ((await store.users?.()) ?? []).filter((each) => each !== userId);
  for (const other of others) {
    await signOut(other);
    await eraseUser(store, other);
  }
  if (others.length > 0) await store.open(userId);
}
