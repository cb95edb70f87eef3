import type { Storage } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually, startApp } from '../../../test/support/app.ts';
import { startRedis } from '../../../test/support/services/redis.ts';
import type { Service } from '../../../test/support/services/service.ts';
import { EXIT, runCommand } from '../src/index.ts';

let service: Service;
let redis: Redis;

beforeAll(async () => {
  service = await startRedis();
  redis = new Redis(service.url);
});

beforeEach(async () => {
  await redis.flushall();
  await redis.config('SET', 'maxmemory', '0');
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
});

afterAll(async () => {
  redis.disconnect();
  await service[Symbol.asyncDispose]();
});

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const env = { REDIS_URL: service.url };
  const code = await runCommand(args, { env, out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await run(...args, '--json')).out);

/** A deployment of one process, which writes all partitions. */
async function deploy(storage: Storage = memoryStorage()) {
  const app = await startApp({ redis, storage, tuning: { attempts: 1, parkAfterMs: 0, receiptTimeoutMs: 60_000 } });
  await eventually('it writes every partition', async () => {
    const { partitions } = (await json('status')) as { partitions: { owner?: string }[] };
    return partitions.length === 8 && partitions.every(({ owner }) => owner === app.messaging.nodeId);
  });
  return app;
}

/** Fails for whatever has `poison` in it, until it is mended. */
function poisonedStorage() {
  const storage = memoryStorage();
  const commit = storage.commit.bind(storage);
  const state = { isMended: false };
  Object.assign(storage, {
    commit: async (batch: Parameters<typeof commit>[0]) => {
      if (!state.isMended && JSON.stringify(batch).includes('poison')) throw new Error('cannot be stored\u001b[31m');
      return commit(batch);
    },
  });
  return { storage, state };
}

test('status: who writes what, as a table and as JSON', async () => {
  await using app = await deploy();
  const { nodeId } = app.messaging;
  const { code, out } = await run('status');
  expect(code).toBe(EXIT.ok);
  expect(out).toContain(`workers    ${nodeId}`);
  expect(out).toMatch(new RegExp(`^ +7  ${nodeId} +0  0\\.0 s +0$`, 'm'));
  expect(await json('status')).toMatchObject({ claim: { partitions: 8 }, processes: [nodeId], workers: [nodeId] });
});

test('status and doctor of nothing fail', async () => {
  expect(await run('status')).toMatchObject({
    code: EXIT.failed,
    out: expect.stringContaining('nothing has been claimed'),
  });
  expect((await run('doctor')).code).toBe(EXIT.failed);
});

test('a dead letter is listed, shown, and queued again: its conversation has it once', async () => {
  const { storage, state } = poisonedStorage();
  await using app = await deploy(storage);
  const { messaging } = app;
  const message = { conversationId: 'd:alice,bob', type: 'text' as const };
  const parked = app.next('dead-lettered');
  const sending = messaging.send({ ...message, as: 'alice', clientMessageId: 'm1', content: { text: 'poison' } });
  const failed = expect(sending).rejects.toMatchObject({ code: 'dead_lettered' });
  let isParked = false;
  void parked.then(() => {
    isParked = true;
  });
  while (!isParked) await messaging.send({ ...message, as: 'bob', content: { text: 'beside' } });
  await failed;

  const [letter] = (await json('dead-letters', 'list')) as { id: string; command: object }[];
  const id = letter?.id ?? '';
  expect(letter?.command).toMatchObject({ type: 'message.send', actorId: 'alice', commandId: 'm1' });
  const { out } = await run('dead-letters', 'list');
  expect(out).toContain('cannot be stored?[31m');
  expect(out).not.toContain('poison');
  expect((await run('dead-letters', 'show', id)).out).toContain('poison');
  expect((await run('doctor')).out).toContain('dead letters: 1');

  state.isMended = true;
  expect(await run('dead-letters', 'retry', id)).toMatchObject({ code: EXIT.ok, out: `${id} was queued again` });
  const stored = async (): Promise<number> => {
    const { events } = await messaging.conversations.history({ as: 'bob', conversationId: 'd:alice,bob' });
    return events.filter((event) => event.type === 'message.sent' && event.commandId === 'm1').length;
  };
  await eventually('the message is stored', async () => (await stored()) > 0);
  expect(await stored()).toBe(1);
  expect((await run('dead-letters', 'list')).out).toBe('no dead letters');
  const again = await run('dead-letters', 'retry', id);
  expect(again).toMatchObject({ code: EXIT.failed, err: expect.stringContaining('[id]') });
});

/** A dead letter of the partition, put there by hand. */
async function letterOf(partition: number, command: object, of = ''): Promise<string> {
  await redis.hset('tm:deployment', { identity: 'ours', epoch: 'e', partitions: 8, version: 1 });
  const whole = { conversationId: 'd:alice,bob', actorId: 'alice', commandId: 'c1', ...command };
  const body = JSON.stringify({ of, replyTo: 'node', call: 'c', command: whole });
  return `${partition}/${await redis.xadd(`tm:{c${partition}}:dead`, '*', 'reason', 'r', 'at', 5, 'body', body)}`;
}

test('what is no message is not queued again, and can be dropped', async () => {
  const id = await letterOf(3, { type: 'conversation.create', kind: 'direct', title: null, memberIds: ['bob'] });
  const refused = await run('dead-letters', 'retry', id);
  expect(refused).toMatchObject({ code: EXIT.failed, err: expect.stringContaining('only messages') });
  expect(await redis.xlen('tm:{c3}:commands')).toBe(0);
  expect((await run('dead-letters', 'list', '--partition', '2')).out).toBe('no dead letters');
  expect((await run('dead-letters', 'list', '--partition', '3')).out).toContain(id);
  expect((await run('dead-letters', 'drop', id)).code).toBe(EXIT.ok);
  expect(await redis.xlen('tm:{c3}:dead')).toBe(0);
});

test('a message of another deployment is not queued again', async () => {
  const id = await letterOf(0, { type: 'message.send', message: { type: 'text', content: { text: 'x' } } }, 'another');
  const { code, err } = await run('dead-letters', 'retry', id);
  expect([code, err]).toEqual([EXIT.failed, expect.stringContaining('another deployment')]);
  expect(await redis.xlen('tm:{c0}:dead')).toBe(1);
});

test('doctor finds nothing against a deployment that is well', async () => {
  await using _app = await deploy();
  const { code, out } = await run('doctor', '--partitions', '8');
  expect(out.split('\n').filter((line) => !line.startsWith('ok'))).toEqual([]);
  expect(code).toBe(EXIT.ok);
});

test('doctor names partitions that differ or are left, a Redis that evicts, prefixes that cross, and that nobody works', async () => {
  const app = await deploy();
  await app[Symbol.asyncDispose]();
  await redis.config('SET', 'maxmemory', '100mb');
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await redis.hset('tm:eu:deployment', { identity: 'y', partitions: 8 });
  await redis.hset('other:deployment', { identity: 'z', partitions: 8 });
  await redis.xadd('tm:{c12}:commands', '*', 'body', '{}');
  const { code, out } = await run('doctor', '--partitions', '4');
  expect(code).toBe(EXIT.failed);
  expect(out).toMatch(/^error +maxmemory-policy: allkeys-lru/m);
  expect(out).toMatch(/^error +partitions: 4 here and 8 in Redis/m);
  expect(out).toMatch(/^error +partitions: partition 12 has commands/m);
  expect(out).toMatch(/^warning +prefixes: "tm:eu:"/m);
  expect(out).toMatch(/^error +workers: none is listed/m);
  expect(out).not.toContain('"other:"');
});

test.each([
  [[], EXIT.usage],
  [['--help'], EXIT.ok],
  [['nothing'], EXIT.usage],
  [['constructor'], EXIT.usage],
  [['status', 'more'], EXIT.usage],
  [['dead-letters'], EXIT.usage],
  [['dead-letters', 'drop'], EXIT.usage],
  [['dead-letters', 'drop', 'x'], EXIT.failed],
  [['dead-letters', 'list', '--limit', 'many'], EXIT.usage],
  [['dead-letters', 'list', '--limit', '0'], EXIT.failed],
  [['status', '--color'], EXIT.usage],
  [['status', '--prefix', 'a{b'], EXIT.usage],
  [['status', '--redis', 'redis://127.0.0.1:1'], EXIT.unavailable],
])('%j ends with %i', async (args, code) => {
  const { code: given, out, err } = await run(...args);
  expect(given).toBe(code);
  expect(out + err).not.toBe('');
});
