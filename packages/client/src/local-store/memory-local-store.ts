import type { UserId } from '@tidemark/core';
import type { LocalState, LocalStore } from './local-store.ts';
import { createUnsavedChanges, type UnsavedChanges } from './unsaved-changes.ts';

const NOTHING: LocalState = { cursor: null, conversations: [], drafts: [] };

/**
 * A LocalStore in memory: survives `close`, not the process. It keeps everything that was loaded, so its size grows with
 * what the user has seen; `erase` frees it.
 */
export function memoryLocalStore(): LocalStore {
  const users = new Map<UserId, UnsavedChanges>();
  let user: UserId | undefined;

  function own(): UnsavedChanges {
    const found = user === undefined ? undefined : users.get(user);
    if (!found) throw new Error('the local store is not open');
    return found;
  }

  return {
    open: async (userId) => {
      user = userId;
      if (!users.has(userId)) users.set(userId, createUnsavedChanges());
    },
    close: async () => {
      user = undefined;
    },
    load: async () => own().over(NOTHING),
    events: async (query) => own().overEvents([], query),
    // What removes nothing from a store beneath need not be remembered.
    transaction: async ({ removeDrafts = [], ...changes }) => {
      own().add(changes);
      own().dropDrafts(removeDrafts);
    },
    erase: async () => {
      if (user !== undefined) users.set(user, createUnsavedChanges());
    },
    users: async () => [...users.keys()],
  };
}
