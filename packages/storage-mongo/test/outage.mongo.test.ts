import type { ConversationId, ConversationSeq, InboxRow, InboxStore, Seq, UserId } from '@tidemark/core';
import { UnavailableError } from '@tidemark/core';
import { startTcpProxy } from '@tidemark/testkit/verify';
import { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { startMongo } from '../../../test/support/services/mongo.ts';
import { mongoInbox } from '../src/index.ts';

const alice = 'alice' as UserId;
const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV' as ConversationId;
const row = (seq: number): InboxRow => ({
  userId: alice,
  seq: seq as Seq,
  ref: { conversationId, conversationSeq: seq as ConversationSeq },
  at: Date.now(),
});

/** Long enough for a busy machine, short enough for a test that waits for it to pass. */
const impatient = { serverSelectionTimeoutMS: 2_000, connectTimeoutMS: 4_000, socketTimeoutMS: 4_000 };

/** A client of mongodb before 6.9 cannot be disposed of by itself. */
function connect(url: string) {
  const client = new MongoClient(url, impatient);
  return { db: () => client.db(), [Symbol.asyncDispose]: () => client.close() };
}

/** Every call of the port that reaches the server. */
const calls: Record<string, (inbox: InboxStore) => Promise<unknown>> = {
  open: (inbox) => inbox.open(),
  append: (inbox) => inbox.append([row(1)]),
  'append within a block': (inbox) => inbox.append([row(7)]),
  fillVoids: (inbox) => inbox.fillVoids(alice, [9 as Seq], Date.now()),
  find: (inbox) => inbox.find([{ userId: alice, ref: { conversationId, conversationSeq: 1 as ConversationSeq } }]),
  range: (inbox) => inbox.range(alice, 0, 10),
  bounds: (inbox) => inbox.bounds([alice]),
  purge: (inbox) => inbox.purge(Date.now(), 10),
};

test('a server killed with -9 is unavailable in every call, and keeps what it acknowledged and its epoch', async () => {
  await using server = await startMongo();
  await using client = connect(server.url);
  const inbox = mongoInbox({ db: client.db() });
  await inbox.open();
  const { epoch } = inbox;
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await inbox.append([row(acknowledged + 1)]);
      acknowledged += 1;
    }
  })();
  const failure = writing.catch((error: unknown) => error);
  await expect.poll(() => acknowledged).toBeGreaterThan(20);
  await server.kill9();
  expect(await failure).toBeInstanceOf(UnavailableError);
  const outcomes = Object.entries(calls).map(
    async ([name, call]) => [name, await call(inbox).catch((cause: unknown) => cause)] as const,
  );
  for (const [name, error] of await Promise.all(outcomes)) {
    expect(error, name).toBeInstanceOf(UnavailableError);
    expect((error as UnavailableError).cause, name).toBeInstanceOf(Error);
  }

  await server.restart();
  await expect
    .poll(() =>
      inbox.bounds([alice]).then(
        (bounds) => bounds.size,
        () => 0,
      ),
    )
    .toBe(1);
  const head = (await inbox.bounds([alice])).get(alice)?.head;
  // The last one may have been written without being acknowledged.
  expect([acknowledged, acknowledged + 1]).toContain(head);
  expect((await inbox.range(alice, 0, 10_000)).map(({ seq }) => seq)).toEqual(
    Array.from({ length: head ?? 0 }, (_, index) => index + 1),
  );
  const again = mongoInbox({ db: client.db() });
  await again.open();
  expect(again.epoch).toBe(epoch);
  expect(await again.append([row((head ?? 0) + 1)])).toEqual({ conflict: undefined });
});

test('a connection that is cut or stalls is unavailable, and the call succeeds when it is made again', async () => {
  await using server = await startMongo();
  await using proxy = await startTcpProxy({ port: server.port });
  const url = new URL(server.url);
  url.host = `127.0.0.1:${proxy.port}`;
  url.search = '?directConnection=true&retryWrites=false&retryReads=false';
  await using client = connect(url.href);
  const inbox = mongoInbox({ db: client.db() });
  await inbox.open();
  await inbox.append([row(1)]);

  const heal = proxy.impair({ kind: 'stall', direction: 'both' });
  await expect(inbox.append([row(2)])).rejects.toBeInstanceOf(UnavailableError);
  heal();
  const outcome = async () => {
    try {
      return (await inbox.append([row(2)])).conflict ?? 'written';
    } catch (error) {
      return (error as Error).name;
    }
  };
  // Whether the stalled write arrived after all is unknown to its writer: both answers are right, losing it is not.
  await expect.poll(outcome).toMatch(/written|entry/);

  const healDelay = proxy.impair({ kind: 'delay', ms: 200, jitterMs: 0 });
  const pending = inbox.range(alice, 0, 10);
  const failed = expect(pending).rejects.toBeInstanceOf(UnavailableError);
  // Again and again, since the first cut may come before the question.
  const cutting = setInterval(() => proxy.cut(), 20);
  await failed;
  clearInterval(cutting);
  healDelay();
  const read = () =>
    inbox.range(alice, 0, 10).then(
      (page) => page.map(({ seq }) => seq),
      () => [],
    );
  await expect.poll(read).toEqual([1, 2]);
});
