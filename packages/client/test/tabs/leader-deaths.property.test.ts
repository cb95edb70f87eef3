import { directConversationId } from '@tidemark/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelServer } from '../support/model-server.ts';
import { until } from '../support/test-client.ts';
import { type Tab, TabWorld } from './tab-world.ts';

const peers = ['bob', 'carol'] as const;

type Step =
  | { readonly do: 'send'; readonly tab: number; readonly peer: (typeof peers)[number] }
  | { readonly do: 'receive'; readonly peer: (typeof peers)[number] }
  /** The leader goes without a word, at whatever point it is. */
  | { readonly do: 'crash' }
  | { readonly do: 'close' }
  | { readonly do: 'open' }
  | { readonly do: 'drop' }
  | { readonly do: 'deafen'; readonly tab: number }
  /** Lets work go on for so many turns. */
  | { readonly do: 'wait'; readonly turns: number };

const peer = fc.constantFrom(...peers);
const tab = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), tab, peer }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('receive' as const), peer }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('open' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deafen' as const), tab }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.nat(12) }) },
);

describe('tabs whose leaders die at any moment', () => {
  it('deliver what was kept once and in order, and all show the same, without a gap', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), play), {
      numRuns: 40,
      interruptAfterTimeLimit: 60_000,
      markInterruptAsFailure: true,
    });
  });
});

async function play(steps: readonly Step[]): Promise<void> {
  const server = new ModelServer();
  await using world = new TabWorld(server);
  const living = new Set<Tab>([world.open(), world.open()]);
  const order = new Map<Tab, string[]>();
  const kept = new Set<string>();
  let sent = 0;
  const pick = (index: number): Tab => [...living][index % living.size] as Tab;
  const add = (): Tab => {
    const opened = world.open();
    living.add(opened);
    return opened;
  };
  const remove = async (how: 'crash' | 'close'): Promise<void> => {
    const leader = [...living].find((each) => each.leads) ?? pick(0);
    living.delete(leader);
    if (living.size === 0) add();
    if (how === 'crash') {
      // What it kept counts; what it only showed went with it.
      for (const { clientMessageId } of leader.seen('queued')) kept.add(clientMessageId);
      leader.crash();
    } else {
      await leader.client.close();
      for (const { clientMessageId } of leader.seen('queued')) kept.add(clientMessageId);
    }
  };
  for (const each of steps) {
    switch (each.do) {
      case 'send': {
        sent += 1;
        const from = pick(each.tab);
        const { clientMessageId } = from.client
          .direct(each.peer)
          .send({ type: 'text', content: { text: `${sent} from ${from.name}` } });
        order.set(from, [...(order.get(from) ?? []), `${each.peer} ${clientMessageId}`]);
        break;
      }
      case 'receive':
        server.say(each.peer, directConversationId('alice', each.peer), 'hello');
        break;
      case 'crash':
      case 'close':
        await remove(each.do);
        break;
      case 'open':
        if (living.size < 4) add();
        break;
      case 'drop':
        server.disconnect('alice');
        server.reconnect('alice');
        break;
      case 'deafen':
        pick(each.tab).deafen();
        break;
      case 'wait':
        for (let turn = 0; turn < each.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  for (const each of living) each.hear();
  // The last word, from which those who missed something learn of it.
  for (const each of peers) server.say(each, directConversationId('alice', each), 'the end');

  for (const each of living) {
    await until(() => each.seen('queued').length === (order.get(each) ?? []).length);
    for (const { clientMessageId } of each.seen('queued')) kept.add(clientMessageId);
  }
  // A draft that one who crashed had asked the store to keep may be kept only now.
  await world.store.settled();
  await until(async () => expect((await world.store.inner.load()).drafts).toEqual([]));
  for (const name of peers) {
    const chat = directConversationId('alice', name);
    const log = server.messagesIn(chat);
    const own = log.filter((event) => event.actorId === 'alice').map((event) => String(event.commandId));
    // Once each.
    expect(new Set(own).size).toBe(own.length);
    // In the order of each tab.
    for (const calls of order.values()) {
      const wanted = calls.filter((call) => call.startsWith(`${name} `)).map((call) => call.slice(name.length + 1));
      const stored = wanted.filter((id) => own.includes(id));
      expect(own.filter((id) => wanted.includes(id))).toEqual(stored);
      // All that was kept.
      expect(wanted.filter((id) => kept.has(id) && !own.includes(id))).toEqual([]);
    }
    // Every tab shows the whole of it, and no draft.
    const texts = log.map((event) => String(event.message.content.text));
    for (const each of living) {
      const { messages } = each.client.conversation(chat);
      const unsubscribe = messages.subscribe(() => undefined);
      await messages.loadNewest();
      while (messages.getSnapshot().hasOlder) await messages.loadOlder();
      await until(() => expect(each.shown(chat)).toEqual(texts));
      unsubscribe();
    }
    const unread = log.filter((event) => event.actorId !== 'alice').length;
    for (const each of living) {
      const listed = (): number | undefined =>
        each.client.conversations.getSnapshot().find((item) => item.conversationId === chat)?.unread;
      await until(() => expect(listed()).toBe(unread));
    }
  }
  expect([...living].filter((each) => each.leads)).toHaveLength(1);
  expect([...living].filter((each) => each.socket === 'open')).toHaveLength(1);
}
