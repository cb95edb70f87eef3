import type { LocalStore } from '@tidemark/client';
import type { HistoryWriter } from './history-writer.ts';
import { passFailpoint } from './node-program.ts';

/** Where a device can be told to die: around the transactions of its local store. */
export const DEVICE_FAILPOINTS = [
  /** A draft is kept, and was not sent yet. */
  'after-draft-kept',
  /** Entries came, and are not in the local store yet. */
  'after-frame-before-local-commit',
  /** Entries and cursor are in the local store, and nobody has been told. */
  'after-local-commit',
  /** A draft came back as a message, and is still in the outbox. */
  'before-outbox-drop',
] as const;

/** The same store: each start tells the history what was in it, and its transactions pass the failpoints. */
export function recordingStore(
  store: LocalStore,
  device: { readonly userId: string; readonly deviceId: string },
  history: HistoryWriter,
): LocalStore {
  return {
    open: (userId) => store.open(userId),
    close: () => store.close(),
    erase: () => store.erase(),
    events: (query) => store.events(query),
    load: async () => {
      const state = await store.load();
      const held: Record<string, number> = {};
      for (const { conversationId } of state.conversations) {
        const [newest] = await store.events({ conversationId, limit: 1 });
        if (newest) held[conversationId] = newest.conversationSeq;
      }
      history.write({ ...headOf(device), type: 'resume', cursor: state.cursor, held });
      return state;
    },
    transaction: async (changes) => {
      const drops = (changes.removeDrafts ?? []).length > 0;
      if (changes.cursor !== undefined) await passFailpoint('after-frame-before-local-commit');
      if (drops) await passFailpoint('before-outbox-drop');
      await store.transaction(changes);
      if (changes.cursor !== undefined) await passFailpoint('after-local-commit');
      if (changes.putDrafts !== undefined) await passFailpoint('after-draft-kept');
    },
  };
}

/** Ids as the history types them; they were parsed where they came from. */
export function headOf({ userId, deviceId }: { readonly userId: string; readonly deviceId: string }) {
  return { userId: userId as never, deviceId };
}
