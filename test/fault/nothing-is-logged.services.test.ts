import { logEvents } from '@tidemark/server';
import { postgresStorage } from '@tidemark/storage-postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import pino from 'pino';
import { expect, test, vi } from 'vitest';
import { connectHttp, connectStock, eventually, startApp } from '../support/app.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startRedis } from '../support/services/redis.ts';

/** Stands in everything that a user writes. */
const MARK = 'kqzjvx';

/** Everything that this process writes until it is restored. */
function watchOutput() {
  const written: string[] = [];
  const keep = (chunk: unknown): boolean => written.push(String(chunk)) > 0;
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(keep as never),
    vi.spyOn(process.stderr, 'write').mockImplementation(keep as never),
    ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...args) => void written.push(args.map(String).join(' '))),
    ),
  ];
  return { written, restore: () => spies.forEach((spy) => void spy.mockRestore()) };
}

test('no line of the log, and nothing else that is written, has what users wrote or their tokens, whatever fails', async () => {
  await using redis = await startRedis();
  await using postgres = await startPostgres();
  const client = new Redis(redis.url);
  client.on('error', () => {});
  const pool = new pg.Pool({ connectionString: postgres.url });
  pool.on('error', () => {});
  const storage = postgresStorage({ pool });
  const commit = storage.commit.bind(storage);
  Object.assign(storage, {
    commit: async (batch: Parameters<typeof commit>[0]) => {
      // As drivers do that repeat the whole statement.
      if (JSON.stringify(batch).includes('poison')) throw new Error(`cannot store ${JSON.stringify(batch)}`);
      return commit(batch);
    },
  });
  const output = watchOutput();
  const log: string[] = [];
  try {
    await using app = await startApp({
      storage,
      redis: client,
      tuning: { attempts: 2, parkAfterMs: 0, receiptTimeoutMs: 4_000, leaseTtlMs: 600 },
      hooks: {
        beforeSend: ({ message }) => {
          if (JSON.stringify(message).includes('throw'))
            throw new Error(`the hook does not like ${JSON.stringify(message)}`);
          return undefined;
        },
      },
    });
    logEvents(app.messaging, pino({ level: 'trace' }, { write: (line) => log.push(line) }));
    const alice = connectStock(app.wsUrl, 'alice');
    const chat = alice.trpc.chat;
    let n = 0;
    const send = (text: string) =>
      chat.send.mutate({
        conversationId: 'd:alice,bob',
        clientMessageId: `m${n++}`,
        type: 'text',
        content: { text: `${MARK} ${text}` },
      });
    const fails = async (call: Promise<unknown>): Promise<void> =>
      void (await call.then(
        () => {},
        () => {},
      ));

    const { conversationSeq: seq } = await send('hello');
    const target = { seq };
    await chat.react.mutate({ conversationId: 'd:alice,bob', target, key: MARK });
    await chat.conversations.createGroup.mutate({ memberIds: ['bob'], title: MARK });
    await chat.edit.mutate({
      conversationId: 'd:alice,bob',
      target,
      type: 'text',
      content: { text: `${MARK} edited` },
    } as never);
    // Whatever breaks a rule, with the text in every place.
    await fails(
      chat.send.mutate({
        conversationId: 'd:alice,bob',
        clientMessageId: 'w1',
        type: MARK as never,
        content: {} as never,
      }),
    );
    await fails(
      chat.send.mutate({
        conversationId: 'd:alice,bob',
        clientMessageId: 'w2',
        type: 'order',
        content: { orderId: MARK, total: MARK as never, [MARK]: MARK } as never,
      }),
    );
    await fails(
      chat.send.mutate({
        conversationId: `d:${MARK},bob`,
        clientMessageId: 'w3',
        type: 'text',
        content: { text: MARK },
      }),
    );
    await fails(chat.conversations.createGroup.mutate({ memberIds: [MARK.repeat(100)], title: MARK.repeat(100) }));
    await fails(connectHttp(app.httpUrl, undefined).chat.inbox.head.query());
    await fails(send('throw'));
    // Parked, with the whole of it in the error.
    const parked = app.next('dead-lettered');
    await fails(send('poison'));
    for (let tries = 0; tries < 3; tries++) await send('beside');
    await parked;
    await chat.revoke.mutate({ conversationId: 'd:alice,bob', targets: [target] });
    // Both services killed under load, and back.
    const failed = app.next('store-failed');
    await postgres.kill9();
    await fails(send('while the store is down'));
    await failed;
    await postgres.restart();
    await eventually('the store is back', () => app.messaging.health().status === 'ok');
    const retried = app.next('retried', ({ what }) => what === 'lease' || what === 'claim');
    await redis.kill9();
    await fails(send('while Redis is down'));
    await retried;
    await redis.restart();
    await eventually('sends go through', () =>
      send('again').then(
        () => true,
        () => false,
      ),
    );
    await alice[Symbol.asyncDispose]();
  } finally {
    output.restore();
  }
  client.disconnect();
  await pool.end();
  const events = new Set(log.map((line) => (JSON.parse(line) as { event: string }).event));
  for (const event of ['dead-lettered', 'hook-failed', 'store-failed', 'retried', 'refused', 'set-aside', 'erased'])
    expect(events).toContain(event);
  expect([...log, ...output.written].filter((text) => text.includes(MARK) || text.includes('token-'))).toEqual([]);
}, 240_000);
