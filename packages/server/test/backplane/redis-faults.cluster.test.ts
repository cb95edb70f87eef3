import { type Epoch, type NodeId, type Seq, UnavailableError, type UserId } from '@tidemark/core';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startRedisCluster } from '../../../../test/support/services/redis-cluster.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { redisBackplane } from '../../src/redis-backplane.ts';
import { endsWithin, eventually } from '../support/eventually.ts';
import { DEFAULTS } from './deployment.ts';
import { bodiesOf, readAll } from './ingress-suite.ts';

const epoch = 'e1' as Epoch;
const partitions = [0, 1, 2, 3, 4, 5];
const users = Array.from({ length: 50 }, (_, index) => `user-${index}` as UserId);
/** Enough for each of the three servers to have the channel of some. */
const nodes = Array.from({ length: 9 }, (_, index) => `node-${index}` as NodeId);
/** What a call may take at most, in ms: three seconds, the grain of the timer, and some room. */
const BOUND = 4_000;

describe('Redis backplane when a server of the cluster fails', () => {
  it('fails as unavailable for what was on it, serves the rest, and goes on when it is back', async () => {
    await using servers = await startServers();
    const { ingress, inboxSeq } = servers.open();
    await inboxSeq(epoch).raise(new Map(users.map((userId) => [userId, 1 as Seq])));
    const heard = new Set<string>();
    const listeners = nodes.map((nodeId) => ({ nodeId, backplane: servers.open() }));
    for (const { nodeId, backplane } of listeners) {
      await backplane.notifier.listen(nodeId, (frame) => void heard.add(`${nodeId} ${frame}`));
    }
    const readers = partitions.map((partition) => ingress.open(partition));
    await Promise.all(partitions.map((partition) => ingress.append(partition, 'before')));
    for (const reader of readers) expect(bodiesOf(await readAll(reader, 1))).toEqual(['before']);
    const waiting = readers.map((reader) => eventually('read', () => readAll(reader, 1).catch(() => undefined)));

    await servers.kill9(1);
    const outcomes = await endsWithin(
      BOUND,
      Promise.allSettled(partitions.map((partition) => ingress.append(partition, 'down'))),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(UnavailableError);
    }
    expect(outcomes.some((outcome) => outcome.status === 'rejected')).toBe(true);
    await servers.restart(1);

    for (const [partition] of outcomes.entries()) {
      await eventually('appends work', () =>
        ingress.append(partition, 'after').then(
          () => true,
          () => false,
        ),
      );
    }
    for (const entries of await Promise.all(waiting)) expect(['down', 'after']).toContain(entries[0]?.body);
    for (const { nodeId, backplane } of listeners) {
      await eventually(`frames for ${nodeId} arrive again`, async () => {
        await backplane.notifier.publish(nodeId, 'after').catch(() => {});
        return heard.has(`${nodeId} after`);
      });
    }
    const counts = new Map(users.map((userId) => [userId, 1]));
    await eventually('counters move', () =>
      inboxSeq(epoch)
        .allocate(counts)
        .then(
          () => true,
          () => false,
        ),
    );
  });

  it('follows a partition and a channel to the server that takes over their slot', async () => {
    await using servers = await startServers();
    const { ingress, notifier } = servers.open();
    const heard: string[] = [];
    const nodeId = nodes[0] as NodeId;
    await notifier.listen(nodeId, (frame) => void heard.push(frame));
    const reader = ingress.open(0);
    await ingress.append(0, 'before');
    const entries = await readAll(reader, 1);
    await reader.acknowledge(entries.map((entry) => entry.id));
    const waiting = eventually('read', () => readAll(reader, 1).catch(() => undefined));
    for (const key of [redisKeys().commands(0), redisKeys().channel(nodeId)]) await servers.moveSlotOf(key);
    await eventually('appends work', () =>
      ingress.append(0, 'after').then(
        () => true,
        () => false,
      ),
    );
    expect(bodiesOf(await waiting)).toEqual(['after']);
    await eventually('frames arrive again', async () => {
      await notifier.publish(nodeId, 'after').catch(() => {});
      return heard.includes('after');
    });
  });
});

describe('Redis backplane on a cluster client that was only just made', () => {
  it.each([{ lazyConnect: false }, { lazyConnect: true }])('waits until it is connected: %o', async (options) => {
    await using service = await startRedisCluster();
    const cluster = new Cluster([...service.urls], options);
    const backplane = redisBackplane({ ...DEFAULTS, redis: cluster });
    try {
      const reading = readAll(backplane.ingress.open(0), 1);
      await Promise.all([
        backplane.notifier.listen(nodes[0] as NodeId, () => {}),
        backplane.ingress.append(0, 'first'),
      ]);
      expect(bodiesOf(await reading)).toEqual(['first']);
    } finally {
      await backplane.close();
      cluster.disconnect();
    }
  });
});

async function startServers() {
  const service = await startRedisCluster();
  const cluster = new Cluster([...service.urls]);
  cluster.on('error', () => {});
  const backplanes: ReturnType<typeof redisBackplane>[] = [];
  const server = (index: number) => service.nodes[index] ?? expect.unreachable('the test has servers of its own');
  return {
    open: () => {
      const backplane = redisBackplane({ ...DEFAULTS, partitions: partitions.length, redis: cluster });
      backplanes.push(backplane);
      return backplane;
    },
    kill9: (index: number) => server(index).kill9(),
    restart: (index: number) => server(index).restart(),
    /** Gives a slot, with its keys, to another server, as `redis-cli --cluster reshard` does. */
    moveSlotOf: async (key: string) => {
      const clients = service.urls.map((url) => new Redis(url));
      try {
        const ids = await Promise.all(clients.map(async (client) => String(await client.call('CLUSTER', 'MYID'))));
        const slot = Number(await clients[0]?.call('CLUSTER', 'KEYSLOT', key));
        const owners = await Promise.all(clients.map(async (client) => String(await client.call('CLUSTER', 'NODES'))));
        const from = owners.findIndex((view) => ownSlots(view).some(([first, last]) => first <= slot && slot <= last));
        const to = (from + 1) % clients.length;
        const [source, target] = [clients[from] as Redis, clients[to] as Redis];
        await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from] as string);
        await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to] as string);
        const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
        const port = Number(new URL(service.urls[to] as string).port);
        if (keys.length > 0) await source.call('MIGRATE', '127.0.0.1', port, '', 0, 1_000, 'KEYS', ...keys);
        for (const client of [target, source, ...clients]) {
          await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to] as string);
        }
      } finally {
        for (const client of clients) client.disconnect();
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(backplanes.map((backplane) => backplane.close()));
      cluster.disconnect();
      await service[Symbol.asyncDispose]();
    },
  };
}

/** Slot ranges of the server that gave this view (`CLUSTER NODES`). */
function ownSlots(view: string): [number, number][] {
  const own = view.split('\n').find((line) => line.includes('myself')) ?? '';
  return [...own.matchAll(/ (\d+)(?:-(\d+))?(?= |$)/g)].flatMap(([, first, last]) => {
    const range: [number, number] = [Number(first), Number(last ?? first)];
    return range[1] < 16_384 ? [range] : [];
  });
}
