import { createHook } from 'node:async_hooks';
import { type Epoch, type NodeId, type Seq, UnavailableError, type UserId } from '@tidemark/core';
import { Redis, type RedisOptions } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../../../../test/support/services/redis.ts';
import type { Backplane } from '../../src/backplane.ts';
import { COMMAND_TYPES } from '../../src/features/commands.ts';
import { RESTORED_FOR } from '../../src/inbox/inbox-seq.ts';
import type { PartitionReader, StreamEntry } from '../../src/ingress/ingress-stream.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { append } from '../../src/redis/scripts.ts';
import { byBucket } from '../../src/redis/user-buckets.ts';
import { type RedisBackplaneOptions, redisBackplane } from '../../src/redis-backplane.ts';
import { endsWithin, eventually, PATIENCE_MS } from '../support/eventually.ts';
import { DEFAULTS } from './deployment.ts';
import { bodiesOf, numbered, readAll } from './ingress-suite.ts';

const epoch = 'e1' as Epoch;
const [one, two] = ['node-1', 'node-2'] as [NodeId, NodeId];
const ann = 'ann' as UserId;
/** What a call may take at most, in ms: three seconds, the grain of the timer, and some room. */
const BOUND = 4_000;

describe('Redis backplane when Redis fails', () => {
  it('goes on when Redis is flushed in mid-traffic', async () => {
    await using server = await startServer();
    const { ingress, leases, inboxSeq } = server.open();
    const other = server.open();
    const heard: string[] = [];
    await other.notifier.listen(two, (frame) => void heard.push(frame));
    await using traffic = startTraffic(ingress);
    await leases.acquire(0, one, 60_000);
    await inboxSeq(epoch).raise(new Map([[ann, 7 as Seq]]));

    for (let flush = 0; flush < 5; flush++) {
      const before = traffic.read.size;
      await eventually('entries are read', () => traffic.read.size > before + 200);
      await server.redis.flushall();
      const marker = `after flush ${flush}`;
      await ingress.append(0, marker);
      await eventually('what was appended after the flush is read', () => traffic.read.has(marker));
    }

    expect(traffic.failures).toEqual([]);
    expect(await leases.acquire(0, two, 60_000)).toBe(true);
    expect((await inboxSeq(epoch).allocate(new Map([[ann, 1]]))).seqs).toEqual(new Map());
    await other.notifier.publish(two, 'heard');
    await eventually('a frame arrives', () => heard.includes('heard'));
  });

  it('numbers a stream that was wiped above its former self, also within one millisecond', async () => {
    await using server = await startServer();
    const key = redisKeys().commands(0);
    for (let round = 0; round < 20; round++) {
      const pipeline = server.redis.pipeline();
      for (const body of ['before', 'after']) {
        pipeline
          .eval(append.lua, 2, key, redisKeys().backlog(0), 100, 1_000, 0, body, body, body)
          .xrange(key, '-', '+')
          .del(key);
      }
      const replies = ((await pipeline.exec()) ?? []).map(([, reply]) => reply);
      const [before, after] = [replies[1], replies[4]] as [[string][], [string][]];
      const ids = [...before, ...after].map(([id]) =>
        id
          .split('-')
          .map((part) => part.padStart(20, '0'))
          .join('-'),
      );
      expect(new Set(ids).size).toBe(6);
      expect(ids).toEqual(ids.toSorted());
    }
  });

  it('reads entries that come back below those it has read, as after a failover', async () => {
    await using server = await startServer();
    const { ingress } = server.open();
    const reader = ingress.open(0);
    const comeBack = async (id: string, body: string): Promise<void> => {
      await server.redis.del(redisKeys().commands(0));
      await server.redis.xadd(redisKeys().commands(0), id, 'body', body);
    };
    await ingress.append(0, 'newest');
    const entries = await readAll(reader, 1);
    await reader.acknowledge(entries.map((entry) => entry.id));
    await comeBack('7-0', 'once it holds nothing');
    expect(await readAll(reader, 1)).toMatchObject([{ body: 'once it holds nothing', redelivered: true }]);
    // Whether the reader hears of the lost connection by a call that fails, or before it makes the next one.
    for (const [id, moment] of [
      ['6-0', 'at once'],
      ['5-0', 'later'],
    ] as const) {
      await comeBack(id, `while it holds another, read ${moment}`);
      for (const connection of await connections(server.redis)) await server.redis.client('KILL', 'ID', connection.id);
      if (moment === 'later') for (let trip = 0; trip < 20; trip += 1) await server.redis.ping();
      const found = await eventuallyRead(reader, 1);
      expect(found).toMatchObject([{ body: `while it holds another, read ${moment}`, redelivered: true }]);
    }
  });

  it('wakes a reader that waits when the stream it waits for was wiped', async () => {
    await using server = await startServer();
    const { ingress } = server.open();
    const reader = ingress.open(0);
    await ingress.append(0, 'a');
    await readAll(reader, 1);
    const reading = readAll(reader, 1);
    await server.redis.flushall();
    await ingress.append(0, 'b');
    expect(bodiesOf(await reading)).toEqual(['b']);
  });

  it('sends its scripts again when Redis forgot them', async () => {
    await using server = await startServer();
    const { ingress } = server.open();
    await ingress.append(0, 'a');
    await server.redis.call('SCRIPT', 'FLUSH');
    await Promise.all(numbered('b', 300).map((body) => ingress.append(0, body)));
    expect(bodiesOf(await readAll(ingress.open(0), 301))).toEqual(['a', ...numbered('b', 300)]);
  });

  it('survives kill -9 of Redis: calls fail as unavailable, and everything goes on by itself once it is back', async () => {
    await using server = await startServer();
    const { ingress, leases } = server.open();
    const other = server.open();
    const heard: string[] = [];
    await other.notifier.listen(two, (frame) => void heard.push(frame));
    await ingress.append(1, 'kept');
    const keeper = ingress.open(1);
    expect(bodiesOf(await readAll(keeper, 1))).toEqual(['kept']);
    await using traffic = startTraffic(ingress);
    await eventually('entries are read', () => traffic.read.size > 200);

    await server.kill9();
    const outcomes = await endsWithin(
      BOUND,
      Promise.allSettled([ingress.append(0, 'down'), leases.acquire(0, one, 1_000), ingress.backlog(0)]),
    );
    for (const outcome of outcomes) {
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(UnavailableError);
    }
    await server.restart();

    await eventually('appends work again', () =>
      ingress.append(0, 'back').then(
        () => true,
        () => false,
      ),
    );
    await eventually('the reader goes on', () => traffic.read.has('back'));
    await eventually('frames arrive again', async () => {
      await other.notifier.publish(two, 'back').catch(() => {});
      return heard.includes('back');
    });
    expect(traffic.failures.every((failure) => failure instanceof UnavailableError)).toBe(true);
    // Acknowledged by nobody: still there, and not given to the same reader again.
    expect(await ingress.backlog(1)).toBe(1);
    await ingress.append(1, 'next');
    expect(bodiesOf(await eventuallyRead(keeper, 1))).toEqual(['next']);
    await keeper.close();
    expect(await readAll(ingress.open(1), 2)).toMatchObject([{ body: 'kept', redelivered: true }, { body: 'next' }]);
    // Whatever was appended, read or lost with its receipt, is gone once the traffic stops.
    await traffic[Symbol.asyncDispose]();
    expect(traffic.appended.filter((body) => !traffic.read.has(body))).toEqual([]);
  });

  it('forgets dead letters after deadLetterRetentionMs, with the next one or when there is none', async () => {
    await using server = await startServer();
    const { ingress } = server.open({ deadLetterRetentionMs: 60_000 });
    const dead = redisKeys().dead(0);
    await server.redis.xadd(dead, `${Date.now() - 61_000}-0`, 'reason', 'old', 'at', '0', 'body', 'x');
    await server.redis.xadd(dead, `${Date.now() - 30_000}-0`, 'reason', 'recent', 'at', '0', 'body', 'x');
    const reader = ingress.open(0);
    await ingress.append(0, 'bad');
    const [bad] = (await readAll(reader, 1)) as [StreamEntry];
    await reader.park(bad, 'why '.repeat(1_000));
    const reasons = (await server.redis.xrange(dead, '-', '+')).map(([, [, reason = '']]) => reason);
    expect(reasons).toEqual(['recent', 'why '.repeat(250)]);
    expect(await server.redis.pttl(dead)).toBeGreaterThan(0);
  });

  it('estimates the bytes of a backlog that an older version changed, and counts anew once it was empty', async () => {
    await using server = await startServer();
    const { ingress } = server.open({ backlogBytes: 10_000 });
    const keys = redisKeys();
    for (let index = 0; index < 8; index++) await ingress.append(0, 'x'.repeat(1_000));
    // A process of an older version acknowledges four, and appends one, past the count.
    const ids = (await server.redis.xrange(keys.commands(0), '-', '+')).map(([id]) => id);
    await server.redis.xdel(keys.commands(0), ...ids.slice(0, 4));
    await server.redis.xadd(keys.commands(0), '*', 'body', 'x'.repeat(1_000));
    for (let index = 0; index < 5; index++) await ingress.append(0, 'x'.repeat(1_000));
    await expect(ingress.append(0, 'x')).rejects.toMatchObject({ limit: 'tuning.backlogBytes' });
    const reader = ingress.open(0);
    await reader.acknowledge((await readAll(reader, 10)).map(({ id }) => id));
    expect(await server.redis.exists(keys.backlog(0))).toBe(0);
    // What nobody has counted is counted.
    await server.redis.xadd(keys.commands(0), '*', 'body', 'x'.repeat(500));
    await ingress.append(0, 'x'.repeat(8_000));
    await ingress.append(0, 'x'.repeat(1_000));
    await expect(ingress.append(0, 'x'.repeat(1_000))).rejects.toMatchObject({ limit: 'tuning.backlogBytes' });
    await server.redis.flushall();
    await ingress.append(0, 'x'.repeat(10_000));
  });

  it("gives the lease and the place of a worker that died before the server's clock was set back to others after their time", async () => {
    await using server = await startServer();
    const { leases, nodes } = server.open();
    const keys = redisKeys();
    await leases.acquire(0, one, 60_000);
    await nodes.announce(one, 'worker', 60_000, COMMAND_TYPES);
    // What an hour less on the clock of the server leaves of them.
    await server.redis.pexpire(keys.owner(0), 3_600_000);
    const [listed] = await server.redis.zrange(keys.nodes, '0', '0');
    await server.redis.zadd(keys.nodes, Date.now() + 3_600_000, String(listed));
    expect(await leases.acquire(0, two, 300)).toBe(false);
    await nodes.announce(two, 'worker', 300, COMMAND_TYPES);
    await eventually('the lease is free', () => leases.acquire(0, two, 300));
    await eventually('the worker is missed', async () => {
      await nodes.announce(two, 'worker', 300, COMMAND_TYPES);
      return (await nodes.workers()).length === 1;
    });
    expect((await nodes.workers()).map(({ nodeId }) => nodeId)).toEqual([two]);
  });

  it('takes a worker whose row names no commands for one of release 0.1', async () => {
    await using server = await startServer();
    const { nodes } = server.open();
    const [time] = await server.redis.time();
    await server.redis.zadd(redisKeys().nodes, (Number(time) + 60) * 1_000, `worker ${one} `);
    await nodes.announce(two, 'worker', 60_000, ['message.send']);
    const known = new Map((await nodes.workers()).map(({ nodeId, commands }) => [nodeId, commands]));
    const ofConversations = ['conversation.create', 'members.add', 'members.remove', 'read.mark'];
    expect(known.get(one)).toEqual(['message.send', 'message.edit', ...ofConversations]);
    expect(known.get(two)).toEqual(['message.send']);
  });

  it('throws away the counters of a server that was started again: it may have lost the last', async () => {
    await using server = await startServer();
    const seqs = server.open().inboxSeq(epoch);
    await seqs.raise(new Map([[ann, 7 as Seq]]));
    expect((await seqs.allocate(new Map([[ann, 1]]))).seqs).toEqual(new Map([[ann, 8]]));
    await server.restart();
    const allocation = await eventually('the connection is back', () =>
      seqs.allocate(new Map([[ann, 1]])).catch(() => undefined),
    );
    expect(allocation?.seqs).toEqual(new Map());
    await seqs.raise(new Map([[ann, 9 as Seq]]));
    expect((await seqs.allocate(new Map([[ann, 1]]))).seqs).toEqual(new Map([[ann, 10]]));
  });

  it('raises counters of a former life to what it is told, however high they stood', async () => {
    await using server = await startServer();
    const seqs = server.open().inboxSeq(epoch);
    const key = redisKeys().seq(byBucket([ann])[0]?.bucket as number, epoch);
    await server.redis.hset(key, '', 'of another server', ann, '70', 'bob', '80');
    await seqs.raise(new Map([[ann, 7 as Seq]]));
    expect(await seqs.current([ann, 'bob' as UserId])).toEqual(new Map([[ann, 7]]));
  });

  it.each(['', 'x', '12abc', '-5', '1e9', '99999999999999999999', '9007199254740991', '5 x'])(
    'counts the counter %j, which no version wrote, as missing, and restores it',
    async (forged) => {
      await using server = await startServer();
      const seqs = server.open().inboxSeq(epoch);
      await seqs.raise(new Map([[ann, 4 as Seq]]));
      const key = redisKeys().seq(byBucket([ann])[0]?.bucket as number, epoch);
      await server.redis.hset(key, ann, forged);
      expect((await seqs.allocate(new Map([[ann, 1]]))).seqs).toEqual(new Map());
      await seqs.raise(new Map([[ann, 4 as Seq]]));
      expect((await seqs.allocate(new Map([[ann, 1]]))).seqs).toEqual(new Map([[ann, 5]]));
      expect(await server.redis.pttl(key)).toBeGreaterThan(29 * 24 * 3_600_000);
    },
  );

  it('trusts a counter that was restored long ago, and forgets when', async () => {
    await using server = await startServer();
    const seqs = server.open().inboxSeq(epoch);
    const key = redisKeys().seq(byBucket([ann])[0]?.bucket as number, epoch);
    await seqs.raise(new Map([[ann, 7 as Seq]]));
    expect(await server.redis.hget(key, ann)).toMatch(/^7 \d{13}$/);
    await server.redis.hset(key, ann, `7 ${Date.now() - RESTORED_FOR - 1_000}`);
    expect(await seqs.allocate(new Map([[ann, 1]]))).toEqual({ seqs: new Map([[ann, 8]]), restored: new Set() });
    expect(await server.redis.hget(key, ann)).toBe('8');
  });

  it('answers within its bound while Redis stands still, and goes on when it does', async () => {
    await using server = await startServer();
    const { ingress, inboxSeq, presence, nodes, notifier } = server.open();
    const heard: string[] = [];
    await notifier.listen(one, (frame) => void heard.push(frame));
    await server.pause();
    const outcomes = await endsWithin(
      BOUND,
      Promise.allSettled([
        ...numbered('stuck', 50).map((body) => ingress.append(0, body)),
        inboxSeq(epoch).allocate(new Map([[ann, 1]])),
        presence.nodesOf([ann]),
        nodes.workers(),
        notifier.publish(one, 'frame'),
        ingress.open(0).read(1, new AbortController().signal),
      ]),
    );
    for (const outcome of outcomes) {
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(UnavailableError);
    }
    await server.resume();
    await eventually('appends work again', () =>
      ingress.append(0, 'back').then(
        () => true,
        () => false,
      ),
    );
    await eventually('frames arrive again', async () => {
      await notifier.publish(one, 'back').catch(() => {});
      return heard.includes('back');
    });
  });

  it('bounds the calls that wait for a Redis that stands still', async () => {
    await using server = await startServer();
    const { presence } = server.open();
    await presence.nodesOf([ann]);
    await server.pause();
    const outcomes = await Promise.allSettled(Array.from({ length: 10_050 }, () => presence.nodesOf([ann])));
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : ''));
    expect(reasons.filter((reason) => reason.includes('10000 calls'))).toHaveLength(50);
    await server.resume();
    await eventually('calls are answered again', () =>
      presence.nodesOf([ann]).then(
        () => true,
        () => false,
      ),
    );
  });

  it('opens a new connection when the one of a reader or of the listener is cut', async () => {
    await using server = await startServer();
    const { ingress, notifier } = server.open();
    const heard: string[] = [];
    await notifier.listen(one, (frame) => void heard.push(frame));
    await using traffic = startTraffic(ingress);
    for (let cut = 0; cut < 5; cut++) {
      const before = traffic.read.size;
      await eventually('entries are read', () => traffic.read.size > before + 100);
      for (const { id } of await connections(server.redis)) await server.redis.client('KILL', 'ID', id);
      await eventually('frames arrive again', async () => {
        await notifier.publish(one, `cut ${cut}`);
        return heard.includes(`cut ${cut}`);
      });
    }
    await traffic[Symbol.asyncDispose]();
    expect(traffic.appended.filter((body) => !traffic.read.has(body))).toEqual([]);
  });

  it('works with the options an application may have set on its client', async () => {
    await using server = await startServer();
    const redis = server.client({
      keyPrefix: 'app:',
      stringNumbers: true,
      enableAutoPipelining: true,
      enableOfflineQueue: false,
      commandTimeout: 1_000,
      socketTimeout: 1_000,
      protocol: 3,
      replyMapping: 'resp3',
      lazyConnect: true,
    });
    await redis.connect();
    const { ingress, inboxSeq, leases, notifier, presence } = server.open({ redis });
    const heard: string[] = [];
    await notifier.listen(one, (frame) => void heard.push(frame));
    await notifier.publish(one, 'frame');
    await eventually('the frame arrives', () => heard.includes('frame'));
    const reader = ingress.open(0);
    // Longer than the client's commandTimeout.
    const reading = readAll(reader, 1);
    await expect(endsWithin(1_500, reading)).rejects.toThrow('longer than');
    await ingress.append(0, 'a');
    const entries = await reading;
    expect(bodiesOf(entries)).toEqual(['a']);
    await reader.acknowledge(entries.map((entry) => entry.id));
    expect(await ingress.backlog(0)).toBe(0);
    await inboxSeq(epoch).raise(new Map([[ann, 1 as Seq]]));
    expect((await inboxSeq(epoch).allocate(new Map([[ann, 2]]))).seqs).toEqual(new Map([[ann, 3]]));
    expect(await leases.acquire(0, one, 60_000)).toBe(true);
    expect(await leases.acquire(0, two, 60_000)).toBe(false);
    await presence.join([ann], one, 60_000);
    expect(await presence.nodesOf([ann])).toEqual(new Map([[ann, [one]]]));
    const keys = await server.redis.keys('*');
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !key.startsWith('app:tm:'))).toEqual([]);
  });

  it('follows the client to the database that the application selects, before it starts and while it runs', async () => {
    await using server = await startServer();
    const redis = server.client({});
    await redis.select(3);
    const { ingress, notifier } = server.open({ redis });
    const databases = async (): Promise<Set<string | undefined>> =>
      new Set((await connections(server.redis)).map(({ database }) => database));
    await notifier.listen(one, () => {});
    const reader = ingress.open(0);
    await ingress.append(0, 'a');
    expect(bodiesOf(await readAll(reader, 1))).toEqual(['a']);
    expect(await databases()).toEqual(new Set(['3']));

    // A client that connects again selects its database again.
    await server.redis.call('CLIENT', 'KILL', 'SKIPME', 'yes', 'TYPE', 'normal');
    await eventually('the client is back', () => ingress.append(0, 'b').then(...isDone));
    expect(bodiesOf(await eventuallyRead(ingress.open(0), 2))).toEqual(['a', 'b']);
    await eventually('all connections are on the database again', async () => isOnly(await databases(), '3'));

    const waiting = ingress.open(1).read(1, new AbortController().signal);
    waiting.catch(() => {});
    await redis.select(5);
    await ingress.append(1, 'c');
    expect(bodiesOf(await eventuallyRead(ingress.open(1), 1))).toEqual(['c']);
    await eventually('all connections are on the other database', async () => isOnly(await databases(), '5'));
    expect(await server.redis.dbsize()).toBe(0);
  });

  it('answers all who read in one turn as soon as one partition has entries', async () => {
    await using server = await startServer();
    const { ingress } = server.open();
    const { signal } = new AbortController();
    const readers = [0, 1, 2].map((partition) => ingress.open(partition));
    const answers = Promise.all(readers.map((reader) => reader.read(10, signal)));
    await ingress.append(1, 'a');
    expect((await answers).map(bodiesOf)).toEqual([[], ['a'], []]);
    // The same partition opened anew, as after a failure, while the first reader is still there.
    const [again, next] = await Promise.all([ingress.open(1).read(10, signal), readers[0]?.read(10, signal)]);
    expect([bodiesOf(again), next]).toEqual([['a'], []]);
  });

  it('throws what is not a matter of availability as it is', async () => {
    await using server = await startServer();
    const { ingress } = server.open();
    await server.redis.set('tm:{c0}:commands', 'of something else');
    await expect(ingress.append(0, 'a')).rejects.toThrow('WRONGTYPE');
    await expect(ingress.open(0).read(1, new AbortController().signal)).rejects.toThrow('WRONGTYPE');
  });

  it('fails as unavailable when the application has closed its client', async () => {
    await using server = await startServer();
    const redis = server.client({});
    const { ingress } = server.open({ redis });
    await ingress.append(0, 'a');
    redis.disconnect();
    await expect(ingress.append(0, 'b')).rejects.toBeInstanceOf(UnavailableError);
  });

  it('leaves no connection, timer or listener when it is closed, whatever it was doing', async () => {
    await using server = await startServer();
    using timers = watchTimers();
    const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const listeners = (): number =>
      ['ready', 'end', 'error', 'close', 'select'].reduce((sum, name) => sum + server.redis.listenerCount(name), 0);
    await server.redis.ping();
    const before = { sockets: sockets(), listeners: listeners() };
    const backplane = redisBackplane({ ...DEFAULTS, redis: server.redis });
    await backplane.notifier.listen(one, () => {});
    const waiting = [0, 1, 2].map((partition) =>
      backplane.ingress.open(partition).read(1, new AbortController().signal),
    );
    const reads = async (): Promise<number> =>
      (await connections(server.redis)).filter(({ command }) => command === 'xread').length;
    await eventually('the readers wait in Redis, with one command', async () => (await reads()) === 1);
    waiting.push(backplane.ingress.open(4).read(1, new AbortController().signal));
    await eventually('one that comes later waits with another', async () => (await reads()) === 2);
    const opening = backplane.ingress.open(3).read(1, new AbortController().signal);
    expect(timers.set.size).toBeGreaterThan(0);
    await endsWithin(1_000, backplane.close());
    // Node reports the end of a timer a few turns later, before the client's own timers for sockets would end.
    for (let turn = 0; turn < 10 && timers.set.size > 0; turn += 1) await new Promise(setImmediate);
    expect([...timers.set.values()]).toEqual([]);
    expect(await Promise.allSettled([...waiting, opening])).toEqual(Array(5).fill({ status: 'fulfilled', value: [] }));
    await eventually('the server has seen them go', async () => (await connections(server.redis)).length === 0);
    expect({ sockets: sockets(), listeners: listeners() }).toEqual(before);
    await expect(backplane.ingress.append(0, 'late')).rejects.toBeInstanceOf(UnavailableError);
    expect(await server.redis.ping()).toBe('PONG');
  });

  it('names the option it cannot use', () => {
    const open = (redis: unknown, keyPrefix?: string) => () =>
      redisBackplane({ ...DEFAULTS, redis: redis as RedisBackplaneOptions['redis'], keyPrefix });
    expect(open('redis://127.0.0.1')).toThrow(/^redis must be a client of ioredis.*Got string$/);
    expect(open(null)).toThrow(/Got null$/);
    expect(open({ status: 'ready', call: () => {} })).toThrow(/Got an object without on\(\), off\(\), duplicate\(\)$/);
    const redis = new Redis({ lazyConnect: true });
    expect(open(redis, '{tm}:')).toThrow(/^keyPrefix must be/);
    expect(open(redis, 'with space')).toThrow(/^keyPrefix must be/);
  });
});

/** A Redis of the test's own, with a client and the backplanes opened on it. */
async function startServer() {
  const service = await startRedis();
  const clients: Redis[] = [];
  const backplanes: Backplane[] = [];
  const client = (options: RedisOptions & { replyMapping?: 'resp3' }): Redis => {
    const redis: Redis = new Redis({ ...options, host: '127.0.0.1', port: service.port });
    redis.on('error', () => {});
    clients.push(redis);
    return redis;
  };
  const redis = client({});
  return {
    redis,
    client,
    open: (options: Partial<RedisBackplaneOptions> = {}): Backplane => {
      const backplane = redisBackplane({ ...DEFAULTS, redis, ...options });
      backplanes.push(backplane);
      return backplane;
    },
    kill9: () => service.kill9(),
    restart: () => service.restart(),
    pause: () => service.pause(),
    resume: () => service.resume(),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(backplanes.map((backplane) => backplane.close()));
      for (const each of clients) each.disconnect();
      await service[Symbol.asyncDispose]();
    },
  };
}

/** Appends to partition 0 and reads and acknowledges from it, through every failure, until disposed; then reads the rest. */
function startTraffic(ingress: Backplane['ingress']) {
  const stop = new AbortController();
  const reader = ingress.open(0);
  const traffic = { appended: [] as string[], read: new Set<string>(), failures: [] as unknown[] };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      traffic.failures.push(error);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const append = async (): Promise<void> => {
    for (let index = 0; !stop.signal.aborted; index++) {
      await attempt(async () => {
        await ingress.append(0, `entry ${index}`);
        traffic.appended.push(`entry ${index}`);
      });
    }
  };
  const readOn = async (signal: AbortSignal): Promise<void> => {
    const entries = await reader.read(100, signal);
    for (const entry of entries) traffic.read.add(entry.body);
    let ids = entries.map((entry) => entry.id);
    while (ids.length > 0) {
      await attempt(async () => {
        await reader.acknowledge(ids);
        ids = [];
      });
    }
  };
  const read = async (): Promise<void> => {
    while (!stop.signal.aborted) await attempt(() => readOn(stop.signal));
  };
  const running = Promise.all([append(), read()]);
  return {
    ...traffic,
    [Symbol.asyncDispose]: async () => {
      if (stop.signal.aborted) return;
      stop.abort();
      await running;
      const last = AbortSignal.timeout(PATIENCE_MS);
      while (!last.aborted && (await ingress.backlog(0)) > 0) await attempt(() => readOn(last));
    },
  };
}

/** Reads `count` entries through failures. */
async function eventuallyRead(reader: PartitionReader, count: number) {
  return eventually('entries are read', () => readAll(reader, count).catch(() => undefined));
}

/** Timers, of whatever kind, that the backplane or the client of Redis set from now on: where each was set. */
function watchTimers() {
  const set = new Map<number, string>();
  const hook = createHook({
    init: (id, type) => {
      const { stack = '' } = new Error('set');
      if (type === 'Timeout' && /server\/src\/|ioredis/.test(stack)) set.set(id, stack);
    },
    destroy: (id) => void set.delete(id),
  }).enable();
  return { set, [Symbol.dispose]: () => void hook.disable() };
}

/** Connections that backplanes opened themselves. */
async function connections(redis: Redis): Promise<{ id: string; database: string; command: string }[]> {
  const list = String(await redis.client('LIST'));
  return [...list.matchAll(/id=(\d+) .*? name=tidemark-.*? db=(\d+) .*?cmd=(\S+)/g)].map(
    ([, id = '', database = '', command = '']) => ({ id, database, command }),
  );
}

const isDone = [() => true, () => false] as const;

function isOnly<T>(values: ReadonlySet<T>, value: T): boolean {
  return values.size === 1 && values.has(value);
}
