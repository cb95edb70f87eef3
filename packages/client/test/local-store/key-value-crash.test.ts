import { keyValueLocalStore } from '@tidemark/client/key-value';
import type { CommandId, ConversationId, Cursor, Event, UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import type { Draft, LocalChanges, LocalStore } from '../../src/index.ts';
import { unknownConversation } from '../../src/local-store/conversation-row.ts';
import { PIECE } from '../../src/local-store/key-value-pieces.ts';
import { MemoryKeyValueStorage, type Multi } from './memory-key-value-storage.ts';
import { sentMessage } from './sent-message.ts';

const alice = 'alice' as UserId;
const chats = ['d:alice,bob', 'd:alice,carol'] as ConversationId[];

function draft(id: string, order: number): Draft {
  const message = { type: 'text', content: { text: id } };
  return {
    clientMessageId: id as CommandId,
    conversationId: chats[0] as ConversationId,
    message,
    at: 1,
    order,
    failure: null,
  };
}

const rows = chats.map((conversationId) => unknownConversation(conversationId, alice, true));
const both = (seq: number, text: string): Event[] =>
  chats.map((conversationId) => sentMessage(conversationId, seq, text));
const titled = rows.map((row) => ({ ...row, title: 'renamed' }));

/** Of two such texts, one for each conversation or both in one chunk, a value would be too long. */
const LONG = PIECE / 2;

/** Everything that a transaction can be, also one too long for a single value of the journal, or of a chunk. */
const HISTORY: readonly LocalChanges[] = [
  {
    conversations: rows,
    events: [...both(1, 'one'), ...both(16, 'two')],
    putDrafts: [draft('a', 1)],
    cursor: 'e:1' as Cursor,
  },
  { conversations: titled, events: both(17, 'three'), putDrafts: [draft('b', 2)], removeDrafts: ['a' as CommandId] },
  { events: both(1, 'x'.repeat(LONG)), cursor: 'e:2' as Cursor },
  { events: both(2, 'y'.repeat(LONG)) },
  { events: both(1, 'short again'), cursor: 'e:3' as Cursor },
  { replace: true, conversations: rows.slice(0, 1), removeDrafts: ['b' as CommandId], cursor: 'f:1' as Cursor },
  { events: both(18, 'last'), putDrafts: [draft('c', 3)], cursor: 'f:2' as Cursor },
];

async function stateOf(store: LocalStore): Promise<string> {
  const logs = await Promise.all(
    chats.map((conversationId) => store.events({ conversationId, after: 0, limit: 1_000 })),
  );
  const { cursor, conversations, drafts } = await store.load();
  const sorted = [...conversations].sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
  return JSON.stringify({ cursor, sorted, drafts, logs });
}

/** The states that may be seen: before all, and after each transaction. */
async function expectedStates(): Promise<string[]> {
  const store = keyValueLocalStore({ storage: new MemoryKeyValueStorage('in bulk') });
  await store.open(alice);
  const states = [await stateOf(store)];
  for (const changes of HISTORY) {
    await store.transaction(changes);
    states.push(await stateOf(store));
  }
  expect(new Set(states).size).toBe(HISTORY.length + 1);
  return states;
}

/** Runs the history; gives how many transactions resolved before one failed. */
async function runHistory(storage: MemoryKeyValueStorage): Promise<number> {
  const store = keyValueLocalStore({ storage });
  let resolved = 0;
  try {
    await store.open(alice);
    for (const changes of HISTORY) {
      await store.transaction(changes);
      resolved += 1;
    }
  } catch {}
  return resolved;
}

const WAYS = (['one by one', 'in bulk'] satisfies Multi[]).flatMap((multi) =>
  [false, true].map((halfway) => ({ multi, halfway })),
);

describe.each(WAYS)(
  'a key-value storage used $multi, whose process dies in a call (which had its effect: $halfway)',
  ({ multi, halfway }) => {
    it('holds each transaction wholly or not at all, whichever call it was', async () => {
      const states = await expectedStates();
      const whole = new MemoryKeyValueStorage(multi);
      expect(await runHistory(whole)).toBe(HISTORY.length);
      for (let failAt = 0; failAt < whole.calls; failAt += 1) {
        const dying = new MemoryKeyValueStorage(multi);
        Object.assign(dying, { failAt, halfway });
        const resolved = await runHistory(dying);
        // Dying again while what was left is carried out, at each call of that.
        let left = dying.items;
        for (let again = 0; again < 4; again += 1) {
          const reopening = new MemoryKeyValueStorage(multi, left);
          Object.assign(reopening, { failAt: again, halfway });
          await keyValueLocalStore({ storage: reopening })
            .open(alice)
            .catch(() => undefined);
          left = reopening.items;
        }
        const storage = new MemoryKeyValueStorage(multi, left);
        const store = keyValueLocalStore({ storage });
        await store.open(alice);
        const state = states.indexOf(await stateOf(store));
        // What resolved is there; the one under way may be.
        expect([resolved, resolved + 1], `died in call ${failAt}`).toContain(state);
        expect([...storage.items.keys()].filter((key) => key.includes('journal'))).toEqual([]);
      }
    });

    it('changes nothing by a transaction that rejects, when the process lives on', async () => {
      const states = await expectedStates();
      const whole = new MemoryKeyValueStorage(multi);
      await runHistory(whole);
      for (let failAt = 0; failAt < whole.calls; failAt += 1) {
        const storage = new MemoryKeyValueStorage(multi);
        Object.assign(storage, { failAt, halfway, once: true });
        const store = keyValueLocalStore({ storage });
        await store.open(alice).catch(() => store.open(alice));
        // The call that fails may be one of these.
        const seen = (): Promise<string> => stateOf(store).catch(() => stateOf(store));
        for (const [index, changes] of HISTORY.entries()) {
          const done = await store.transaction(changes).then(
            () => true,
            () => false,
          );
          expect(states.indexOf(await seen()), `call ${failAt} failed`).toBe(done ? index + 1 : index);
          if (!done) await store.transaction(changes);
        }
        expect(states.indexOf(await seen())).toBe(HISTORY.length);
      }
    });
  },
);
