import { directConversationId } from '@tidemark/core';
import { ManualClock } from '@tidemark/testkit/application';
import { describe, expect, it } from 'vitest';
import { memoryTabs, type Tab, type Tabs } from '../../src/index.ts';
import { ModelServer } from '../support/model-server.ts';
import { passing, testClient } from '../support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const never = () => new Promise<never>(() => undefined);

/** Tabs that do not answer what is asked while they hang. */
function hanging(call: 'holds' | 'alone') {
  const within = memoryTabs();
  const state = { hangs: false };
  const tabs: Tabs = {
    join: (userId, observer) => {
      const tab = within.join(userId, observer);
      const ask = (...given: never[]) =>
        state.hangs ? never() : (tab[call] as (...given: never[]) => never)(...given);
      return { ...tab, [call]: ask } as Tab;
    },
  };
  return { tabs, state };
}

describe('tabs that do not answer', () => {
  it('are asked again whether this one leads, and nothing is written or lost until they say so', async () => {
    const server = new ModelServer();
    const clock = new ManualClock();
    const { tabs, state } = hanging('holds');
    const alice = testClient(server, 'alice', { tabs, clock, storeTimeoutMs: 5_000 });
    alice.client.start();
    await passing(clock, () => alice.seen('live').length === 1);
    state.hangs = true;
    server.say('bob', chat, 'waits');
    await passing(clock, () =>
      alice.seen('retrying').some(({ what, error }) => what === 'apply' && String(error).includes('storeTimeoutMs')),
    );
    expect(alice.seen('message')).toEqual([]);
    state.hangs = false;
    await passing(clock, () => alice.seen('message').length === 1);
    await clock.finish(alice.client.close());
  });

  it('are not waited for when the user signs out', async () => {
    const clock = new ManualClock();
    const { tabs, state } = hanging('alone');
    const alice = testClient(new ModelServer(), 'alice', { tabs, clock });
    alice.client.start();
    await passing(clock, () => alice.seen('live').length === 1);
    state.hangs = true;
    await clock.finish(alice.client.erase());
    expect(alice.seen('erased')).toEqual([{ by: 'this-tab' }]);
  });
});
