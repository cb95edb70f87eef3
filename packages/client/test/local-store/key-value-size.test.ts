import { keyValueLocalStore } from '@tidemark/client/key-value';
import type { CommandId, ConversationId, UserId } from '@tidemark/core';
import { expect, it } from 'vitest';
import { unknownConversation } from '../../src/local-store/conversation-row.ts';
import { MemoryKeyValueStorage } from './memory-key-value-storage.ts';
import { sentMessage } from './sent-message.ts';

const alice = 'alice' as UserId;
/** Its other member ends like the key of a piece. */
const chat = 'd:alice,p,1' as ConversationId;
/** Android's AsyncStorage cannot read a value of more. */
const ANDROID_BYTES = 2_000_000;
/** Of a character that takes three bytes and one in a string: `limits.contentBytes` of 256 KiB in as few as can be. */
const CONTENT = '\u20ac'.repeat(87_000);

const largest = (storage: MemoryKeyValueStorage): number =>
  Math.max(...[...storage.items.values()].map((value) => Buffer.byteLength(value)));

it('no value is larger than Android can read, whatever the contents: sixteen of 256 KiB, in one chunk', async () => {
  const storage = new MemoryKeyValueStorage('in bulk');
  const store = keyValueLocalStore({ storage });
  await store.open(alice);
  const events = Array.from({ length: 15 }, (_, index) => sentMessage(chat, index + 1, `${index}${CONTENT}`));
  const draft = {
    clientMessageId: 'long' as CommandId,
    conversationId: chat,
    message: { type: 'text', content: { text: CONTENT.repeat(3) } },
    at: 1,
    order: 1,
    failure: null,
  };
  await store.transaction({ conversations: [unknownConversation(chat, alice, true)], events, putDrafts: [draft] });
  expect(largest(storage)).toBeLessThan(ANDROID_BYTES);

  const again = keyValueLocalStore({ storage: new MemoryKeyValueStorage('one by one', storage.items) });
  await again.open(alice);
  expect(await again.events({ conversationId: chat, after: 0, limit: 100 })).toEqual(events);
  expect((await again.load()).drafts).toEqual([draft]);
});

it('what becomes shorter, is removed or replaced leaves no piece behind', async () => {
  const storage = new MemoryKeyValueStorage('in bulk');
  const pieces = () => [...storage.items.keys()].filter((key) => key.startsWith('tidemark,alice,p,')).length;
  let store = keyValueLocalStore({ storage });
  await store.open(alice);
  await store.transaction({ events: [1, 2, 3, 4, 5].map((seq) => sentMessage(chat, seq, CONTENT)) });
  expect(pieces()).toBe(3);
  // By another client, which finds them.
  store = keyValueLocalStore({ storage });
  await store.open(alice);
  await store.transaction({ events: [sentMessage(chat, 1, ''), sentMessage(chat, 2, '')] });
  expect(pieces()).toBe(2);
  await store.transaction({ replace: true, events: [16, 17, 18].map((seq) => sentMessage(chat, seq, CONTENT)) });
  expect(pieces()).toBe(2);
  expect(await store.events({ conversationId: chat, after: 0, limit: 100 })).toHaveLength(3);
  await store.erase();
  expect(storage.items.size).toBe(0);
});

it('no pair of surrogates is cut in two: storages keep UTF-8, which has no half of one', async () => {
  const storage = new MemoryKeyValueStorage('in bulk');
  const store = keyValueLocalStore({ storage });
  await store.open(alice);
  for (const before of ['', 'x']) {
    const one = sentMessage(chat, 1, before + '\u{1f600}'.repeat(150_000));
    const values = new Set<string>();
    storage.setItem = async (key, value) => {
      values.add(value);
      storage.items.set(key, value);
    };
    storage.multiSet = async (pairs) => {
      for (const [key, value] of pairs) await storage.setItem(key, value);
    };
    await store.transaction({ events: [one] });
    expect([...values].filter((value) => Buffer.from(value).toString() !== value)).toEqual([]);
    expect(await store.events({ conversationId: chat, after: 0, limit: 1 })).toEqual([one]);
  }
});

it('a piece that is gone is damage, not a shorter text', async () => {
  const storage = new MemoryKeyValueStorage('in bulk');
  const store = keyValueLocalStore({ storage });
  await store.open(alice);
  await store.transaction({ events: [1, 2, 3].map((seq) => sentMessage(chat, seq, CONTENT)) });
  const [last] = [...storage.items.keys()].filter((key) => key.startsWith('tidemark,alice,p,1,'));
  storage.items.delete(last ?? '');
  await expect(store.events({ conversationId: chat, after: 0, limit: 100 })).rejects.toMatchObject({
    problem: 'corrupt',
  });
});
