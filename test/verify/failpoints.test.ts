import { composeStorage, directConversationId, type Storage, UnavailableError, type UserId } from '@tidemark/core';
import { memoryBackplane } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { eventually, startApp } from '../support/app.ts';
import { failingBackplane, failingStorage, failpointsOn, type Pass } from './failpoints.ts';

const alice = 'alice' as UserId;
const conversationId = directConversationId('alice', 'bob');
const SIZES = { partitions: 8, backlog: 100, deadLetters: 100 };

/** In two parts, as history in Postgres and inbox in Mongo are. */
function twoStores(): Storage {
  const { history, inbox } = memoryStorage();
  return composeStorage({ history, inbox });
}

/** Sends one message on a server whose ports call `pass`; the call is not waited for: the server may be dead by then. */
async function sendOne(storage: Storage, pass: Pass) {
  const backplane = memoryBackplane(SIZES);
  let published = 0;
  let acknowledged = 0;
  const app = await startApp({
    storage: failingStorage(storage, pass),
    tuning: { receiptTimeoutMs: 200, drainTimeoutMs: 0 },
    backplane: failingBackplane(
      {
        ...backplane,
        ingress: {
          append: (partition, body) => backplane.ingress.append(partition, body),
          backlog: (partition) => backplane.ingress.backlog(partition),
          lag: (partition) => backplane.ingress.lag(partition),
          open: (partition) => {
            const reader = backplane.ingress.open(partition);
            return {
              read: (limit, signal) => reader.read(limit, signal),
              readNow: (limit, signal) => reader.readNow(limit, signal),
              park: (entry, reason) => reader.park(entry, reason),
              removeDead: (matches) => reader.removeDead(matches),
              close: () => reader.close(),
              acknowledge: async (ids) => {
                await reader.acknowledge(ids);
                acknowledged += ids.length;
              },
            };
          },
        },
      },
      pass,
    ),
  });
  app.messaging.on('published', () => {
    published += 1;
  });
  const caller = app.router.createCaller({ user: { id: 'alice' } });
  caller.chat.send({ conversationId, clientMessageId: 'm1', type: 'text', content: { text: 'hello' } }).catch(() => {});
  return {
    seen: () => ({ published, acknowledged }),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

for (const [kind, make] of [
  ['one store', memoryStorage],
  ['two stores', twoStores],
] as const) {
  test(`a message passes each point once, in the order of the flow: ${kind}`, async () => {
    const passed: string[] = [];
    const storage = make();
    await using scene = await sendOne(storage, (point) => {
      passed.push(point);
      return undefined;
    });
    await eventually('the batch is acknowledged', () => scene.seen().acknowledged === 1);
    const all = ['after-decide', 'after-allocate', 'after-history-commit', 'before-publish', 'before-ack'];
    const has: readonly string[] = failpointsOn(storage.capabilities);
    // Nobody has a counter yet: the first try to allocate finds them missing.
    const expected = ['after-decide', 'after-allocate', ...all.filter((point) => has.includes(point))];
    expect(passed).toEqual(expected);
  });
}

/** What is done when a server dies at a point, and nothing beyond. */
const DONE = {
  'after-decide': { history: 0, inbox: 0, published: 0, acknowledged: 0 },
  'after-allocate': { history: 0, inbox: 0, published: 0, acknowledged: 0 },
  'after-history-commit': { history: 2, inbox: 0, published: 0, acknowledged: 0 },
  'before-publish': { history: 2, inbox: 2, published: 0, acknowledged: 0 },
  'before-ack': { history: 2, inbox: 2, published: 1, acknowledged: 0 },
} as const;

for (const [point, done] of Object.entries(DONE)) {
  test(`who dies at ${point} leaves behind ${JSON.stringify(done)}`, async () => {
    const storage = twoStores();
    let die = (): void => {};
    const death = new Promise<void>((_, reject) => (die = () => reject(new UnavailableError('it is dead'))));
    let died = false;
    await using scene = await sendOne(storage, (passing) => {
      died ||= passing === point;
      // Whatever comes to a point from here on does not go on either.
      return died ? death : undefined;
    });
    // A call that never settles would hold up the end of this process, which goes on.
    using _ = { [Symbol.dispose]: die };
    await eventually('it comes to the point', () => died);
    const head = (await storage.history.load([conversationId])).get(conversationId)?.head ?? 0;
    const inbox = (await storage.inbox.bounds([alice])).get(alice)?.head ?? 0;
    expect({ history: head, inbox, ...scene.seen() }).toEqual(done);
  });
}
