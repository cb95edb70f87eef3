import { directConversationId } from '@tidemark/core';
import { ManualClock } from '@tidemark/testkit/application';
import { describe, expect, it } from 'vitest';
import { type LocalStore, memoryLocalStore } from '../../src/index.ts';
import { ModelServer } from '../support/model-server.ts';
import { passing, testClient } from '../support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const text = (words: string) => ({ type: 'text', content: { text: words } });
const CALLS = ['open', 'load', 'events', 'transaction'] as const;

/** A store, one of whose calls does not settle while it hangs. */
function hanging(call: (typeof CALLS)[number] | 'close') {
  const store = memoryLocalStore();
  const state = { hangs: true };
  const wrapped: LocalStore = {
    ...store,
    [call]: (given: never) =>
      state.hangs ? new Promise<never>(() => undefined) : (store[call] as (given: never) => Promise<unknown>)(given),
  };
  return { store: wrapped, state };
}

describe('a local store that does not answer', () => {
  it.each(['open', 'load', 'transaction'] as const)(
    '(%s) holds up neither what comes nor what is sent',
    async (call) => {
      const server = new ModelServer();
      const clock = new ManualClock();
      const { store } = hanging(call);
      const alice = testClient(server, 'alice', { store, clock, storeTimeoutMs: 5_000 });
      alice.client.start();
      const { receipt } = alice.client.conversation(chat).send(text('sent all the same'));
      const sent = receipt.then(() => true);
      await passing(clock, () => alice.seen('live').length === 1);
      server.say('bob', chat, 'came all the same');
      await passing(clock, () => alice.seen('sent').length === 1 && alice.seen('message').length > 0);
      expect(await sent).toBe(true);
      expect(alice.seen('store').map(({ problem }) => problem)).toEqual([
        call === 'transaction' ? 'unavailable' : 'blocked',
      ]);
      const closed = alice.client.close();
      await clock.finish(closed);
    },
  );

  it('is written to again when it answers', async () => {
    const server = new ModelServer();
    const clock = new ManualClock();
    const { store, state } = hanging('transaction');
    const alice = testClient(server, 'alice', { store, clock, storeTimeoutMs: 5_000 });
    alice.client.start();
    await passing(clock, () => alice.seen('live').length === 1);
    server.say('bob', chat, 'kept in the end');
    await passing(clock, () => alice.seen('message').length === 1);
    state.hangs = false;
    await passing(clock, () => alice.seen('saved').length === 1);
    await clock.finish(alice.client.close());
    await store.open('alice' as never);
    expect(await store.events({ conversationId: chat, limit: 10 })).toHaveLength(2);
  });

  it('does not hold up closing', async () => {
    const server = new ModelServer();
    const clock = new ManualClock();
    const { store } = hanging('close');
    const alice = testClient(server, 'alice', { store, clock, storeTimeoutMs: 5_000 });
    alice.client.start();
    await passing(clock, () => alice.seen('live').length === 1);
    await expect(clock.finish(alice.client.close())).rejects.toThrow('no answer within 5000 ms (storeTimeoutMs)');
  });
});
