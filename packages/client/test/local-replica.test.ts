import { type Cursor, type Event, systemClock, type UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { createClientEmitter } from '../src/client-events.ts';
import { type LocalStore, memoryLocalStore } from '../src/index.ts';
import { unknownConversation } from '../src/local-store/conversation-row.ts';
import { createLocalReplica } from '../src/local-store/local-replica.ts';

const alice = 'alice' as UserId;
const chat = 'd:alice,bob' as Event['conversationId'];
const timing = { clock: systemClock, random: Math.random, baseMs: 1, capMs: 2 };

function replicaOver(store: LocalStore) {
  const closing = new AbortController();
  const events = createClientEmitter();
  const retried: unknown[] = [];
  events.on('retrying', ({ what }) => retried.push(what));
  const heard: unknown[] = [];
  const replica = createLocalReplica({
    store,
    userId: alice,
    timing,
    events,
    closing: closing.signal,
    unsavedLimit: 20_000,
    onCommit: (changes) => heard.push(changes),
    onLost: () => undefined,
  });
  return { replica, retried, heard, closing };
}

describe('the way to the local store', () => {
  it('runs one job at a time, so that what a job read is still so when it writes', async () => {
    const { replica } = replicaOver(memoryLocalStore());
    const readOne = () =>
      replica.commit(async () => {
        const row = replica.rows.get(chat) ?? unknownConversation(chat, alice, true);
        // Another job has every chance to come between reading and writing.
        await replica.events({ conversationId: chat, limit: 1 });
        await new Promise((resolve) => setTimeout(resolve, 1));
        return { conversations: [{ ...row, unread: row.unread + 1 }] };
      });
    await Promise.all(Array.from({ length: 10 }, readOne));
    expect(replica.rows.get(chat)?.unread).toBe(10);
  });

  it('changes nothing in memory when the store’s transaction fails', async () => {
    const store = memoryLocalStore();
    const { replica, heard } = replicaOver({
      ...store,
      transaction: () => Promise.reject(new Error('the disk is full')),
    });
    const row = unknownConversation(chat, alice, true);
    await expect(replica.commit(() => ({ conversations: [row] }))).rejects.toThrow('the disk is full');
    expect(replica.rows.size).toBe(0);
    expect(heard).toEqual([]);
  });

  it('tries to open the store until it can, and loads what was there', async () => {
    const store = memoryLocalStore();
    await store.open(alice);
    await store.transaction({ cursor: 'e:7' as Cursor });
    let failures = 2;
    const open = async (userId: UserId) => {
      failures -= 1;
      if (failures >= 0) throw new Error('the database is blocked');
      await store.open(userId);
    };
    const { replica, retried } = replicaOver({ ...store, open });
    await replica.open();
    expect(replica.initial.cursor).toBe('e:7');
    expect(retried).toEqual(['store', 'store']);
  });

  it('lets the job under way finish at close, and takes no more', async () => {
    const { replica, closing } = replicaOver(memoryLocalStore());
    await replica.open();
    let isDone = false;
    const slow = replica.commit(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      isDone = true;
      return { cursor: 'e:1' as Cursor };
    });
    const late = replica.commit(() => ({ cursor: 'e:2' as Cursor }));
    const refused = expect(late).rejects.toThrow();
    setTimeout(() => closing.abort(), 1);
    await slow;
    await refused;
    await replica.close();
    expect(isDone).toBe(true);
  });
});
