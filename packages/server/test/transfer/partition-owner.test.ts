import { type NodeId, UnavailableError } from '@tidemark/core';
import { seededRandom } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import type { StreamEntry } from '../../src/ingress/ingress-stream.ts';
import { LimitEvents } from '../../src/limit-events.ts';
import { createMemoryBackplaneState, type MemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { PartitionOwner, preferredWorker } from '../../src/transfer/partition-owner.ts';
import type { Transfer } from '../../src/transfer/transfer.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const PARTITIONS = 16;
const LEASE_TTL = 3_000;
const HEARTBEAT = LEASE_TTL / 3;
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

interface Carried {
  readonly partition: number;
  readonly entry: StreamEntry;
}

/** A worker among those of one deployment; what it is given to carry out it notes and acknowledges. */
function openWorker(name: string, shared: MemoryBackplaneState, clock: ManualClock) {
  const nodeId = name as NodeId;
  const backplane = memoryBackplane({ partitions: PARTITIONS, backlog: 1_000, deadLetters: 10, shared, clock });
  const events = new ServerEventBus();
  const carried: Carried[] = [];
  const faults: {
    refused?: boolean;
    carryOut?: ((entries: readonly StreamEntry[]) => Promise<void>) | undefined;
    /** Breaks the transfer that was opened last. */
    break?: () => void;
  } = {};
  const owner = new PartitionOwner({
    ...backplane,
    nodeId,
    takesPart: () => !faults.refused,
    partitions: PARTITIONS,
    leaseTtlMs: LEASE_TTL,
    batch: 10,
    batchRows: 100,
    batchBytes: 10_000,
    readAhead: 100,
    readAheadBytes: 10_000,
    events,
    limitEvents: new LimitEvents(events, clock),
    clock,
    random: seededRandom(1),
    transfer: (partition, reader) => {
      const broken = new AbortController();
      const carryOut: Transfer['carryOut'] = async (entries) => {
        broken.signal.throwIfAborted();
        await faults.carryOut?.(entries);
        carried.push(...entries.map((entry) => ({ partition, entry })));
        await reader.acknowledge(entries.map((entry) => entry.id));
        return [];
      };
      faults.break = () => broken.abort(new UnavailableError('cannot be told'));
      const { signal } = broken;
      return {
        carryOut,
        published: async () => {},
        completeUndelivered: async () => {},
        broken: signal,
      } as unknown as Transfer;
    },
  });
  return { nodeId, backplane, events, owner, carried, faults };
}

function deployment() {
  const shared = createMemoryBackplaneState();
  const clock = new ManualClock();
  return { shared, clock, open: (name: string) => openWorker(name, shared, clock) };
}

const sorted = (partitions: readonly number[]) => [...partitions].sort((a, b) => a - b);

describe('preferred workers', () => {
  const three = ['a', 'b', 'c'] as NodeId[];

  test('are the same whoever asks, and in whatever order they are listed', () => {
    for (const partition of ALL) {
      expect(preferredWorker(partition, three)).toBe(preferredWorker(partition, [...three].reverse()));
    }
  });

  test('share the partitions, and when one goes only its partitions move', () => {
    const many = Array.from({ length: 256 }, (_, partition) => partition);
    const counts = three.map(
      (worker) => many.filter((partition) => preferredWorker(partition, three) === worker).length,
    );
    for (const count of counts) expect(count).toBeGreaterThan(256 / 3 / 2);
    const two = three.slice(0, 2);
    for (const partition of many) {
      const before = preferredWorker(partition, three);
      if (before !== 'c') expect(preferredWorker(partition, two)).toBe(before);
    }
  });

  test('are none where no worker is', () => {
    expect(preferredWorker(0, [])).toBeUndefined();
  });
});

test('a worker alone takes every partition at once, and carries out what is queued', async () => {
  const { clock, open } = deployment();
  const worker = open('a');
  const takeovers = recorded(worker.events, 'takeover');
  worker.owner.start();
  await clock.advance(0);
  expect(sorted(worker.owner.owned)).toEqual(ALL);
  expect(takeovers).toHaveLength(PARTITIONS);
  await worker.backplane.ingress.append(3, 'command');
  await clock.advance(0);
  expect(worker.carried).toMatchObject([{ partition: 3, entry: { body: 'command', redelivered: false } }]);
  await worker.owner.close();
  expect(clock.sleeping).toBe(0);
});

test('a worker that takes no part in the deployment gives its partitions up, and has them again when that is over', async () => {
  const { clock, open } = deployment();
  const worker = open('a');
  worker.owner.start();
  await clock.advance(0);
  worker.faults.refused = true;
  await clock.advance(HEARTBEAT);
  expect(worker.owner.owned).toEqual([]);
  worker.faults.refused = false;
  await clock.advance(HEARTBEAT);
  expect(sorted(worker.owner.owned)).toEqual(ALL);
  await worker.owner.close();
});

test('two workers share the partitions, none of which has two writers or none', async () => {
  const { clock, open } = deployment();
  const [a, b] = [open('a'), open('b')];
  a.owner.start();
  b.owner.start();
  await clock.advance(2 * HEARTBEAT);
  expect(sorted([...a.owner.owned, ...b.owner.owned])).toEqual(ALL);
  expect(a.owner.owned.length).toBeGreaterThan(0);
  expect(b.owner.owned.length).toBeGreaterThan(0);
  await Promise.all([a.owner.close(), b.owner.close()]);
});

test('a worker that joins is given its share, freed by the one that had it', async () => {
  const { clock, open } = deployment();
  const a = open('a');
  const released = recorded(a.events, 'released');
  a.owner.start();
  await clock.advance(HEARTBEAT);
  const b = open('b');
  b.owner.start();
  await clock.advance(3 * HEARTBEAT);
  expect(sorted([...a.owner.owned, ...b.owner.owned])).toEqual(ALL);
  expect(sorted(released.map((each) => each.partition))).toEqual(sorted(b.owner.owned));
  expect(new Set(released.map((each) => each.reason))).toEqual(new Set(['moved']));
  await Promise.all([a.owner.close(), b.owner.close()]);
});

test('a worker that dies without a word is missed after its lease, and what it had read comes again', async () => {
  const { shared, clock, open } = deployment();
  // It stands still from now on: its heart beats by a clock that nobody moves.
  const dead = openWorker('a', shared, new ManualClock());
  dead.faults.carryOut = () => new Promise(() => {});
  dead.owner.start();
  await clock.advance(0);
  await dead.backplane.ingress.append(5, 'unfinished');
  await clock.advance(0);
  const heir = open('b');
  heir.owner.start();
  await clock.advance(LEASE_TTL - 1);
  expect(heir.owner.owned).not.toContain(5);
  await clock.advance(2 * HEARTBEAT);
  expect(sorted(heir.owner.owned)).toEqual(ALL);
  expect(heir.carried).toMatchObject([{ partition: 5, entry: { body: 'unfinished', redelivered: true } }]);
  await heir.owner.close();
});

test('closing finishes the batch in work and frees everything at once', async () => {
  const { shared, clock, open } = deployment();
  const a = open('a');
  let finish = (): void => {};
  a.faults.carryOut = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  a.owner.start();
  await clock.advance(0);
  await a.backplane.ingress.append(1, 'in work');
  await clock.advance(0);
  const closed = a.owner.close();
  await clock.advance(0);
  // Others are freed meanwhile; the one in work stays ours.
  expect([...shared.leases.keys()]).toEqual([1]);
  finish();
  await closed;
  expect(a.carried).toHaveLength(1);

  const b = open('b');
  b.owner.start();
  await clock.advance(0);
  expect(sorted(b.owner.owned)).toEqual(ALL);
  expect(b.carried).toEqual([]);
  await b.owner.close();
});

test('a batch that hangs in a partition that moves away does not cost the worker its other leases', async () => {
  const { shared, clock, open } = deployment();
  const a = open('a');
  a.owner.start();
  await clock.advance(0);
  const b = open('b');
  const moving = ALL.find((partition) => preferredWorker(partition, [a.nodeId, b.nodeId]) === b.nodeId) as number;
  let finish = (): void => {};
  a.faults.carryOut = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  await a.backplane.ingress.append(moving, 'hangs');
  await clock.advance(0);
  b.owner.start();
  await clock.advance(3 * LEASE_TTL);
  expect(a.owner.owned).not.toContain(moving);
  expect(b.owner.owned).toContain(moving);
  for (const partition of a.owner.owned) expect(shared.leases.get(partition)?.owner).toBe('a');
  expect(sorted([...a.owner.owned, ...b.owner.owned])).toEqual(ALL);
  finish();
  await Promise.all([a.owner.close(), b.owner.close()]);
});

test('closing stops the readers at once, and says which batches it waits for, while the leases do not answer', async () => {
  const { clock, open } = deployment();
  const a = open('a');
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  a.faults.carryOut = () => finished;
  a.owner.start();
  await clock.advance(0);
  await a.backplane.ingress.append(1, 'in work');
  let answer = (): void => {};
  const { acquire } = a.backplane.leases;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  a.backplane.leases.acquire = (...lease) => answered.then(() => acquire(...lease));
  await clock.advance(HEARTBEAT);
  const closed = a.owner.close();
  await clock.advance(0);
  expect(a.owner.owned).toEqual([]);
  expect(a.owner.leaving).toEqual([1]);
  await a.backplane.ingress.append(2, 'for others');
  finish();
  answer();
  await closed;
  expect(a.owner.leaving).toEqual([]);
  expect(a.carried.map(({ partition }) => partition)).toEqual([1]);
});

test('a lease that is granted while the worker closes is freed again', async () => {
  const { shared, clock, open } = deployment();
  const a = open('a');
  const { acquire } = a.backplane.leases;
  let closed: Promise<void> | undefined;
  a.backplane.leases.acquire = async (...lease) => {
    const held = await acquire(...lease);
    closed ??= a.owner.close();
    return held;
  };
  a.owner.start();
  await clock.advance(0);
  await closed;
  expect([...shared.leases.keys()]).toEqual([]);
});

test('a lease that another has taken is noticed at the next heartbeat, and not freed in its name', async () => {
  const { shared, clock, open } = deployment();
  const a = open('a');
  const released = recorded(a.events, 'released');
  a.owner.start();
  await clock.advance(0);
  const { release } = a.backplane.leases;
  const freed: number[] = [];
  a.backplane.leases.release = async (partition, owner) => {
    freed.push(partition);
    await release(partition, owner);
  };
  shared.leases.set(2, { owner: 'thief' as NodeId, until: clock.monotonic() + 10 * LEASE_TTL });
  await clock.advance(HEARTBEAT);
  expect(released).toEqual([{ partition: 2, nodeId: 'a', reason: 'lost' }]);
  expect(shared.leases.get(2)?.owner).toBe('thief');
  expect(freed).toEqual([]);
  await a.owner.close();
});

test('a reader that fails is opened anew, and brings back what was not acknowledged', async () => {
  const { clock, open } = deployment();
  const a = open('a');
  const retried = recorded(a.events, 'retried');
  let failures = 2;
  a.faults.carryOut = async () => {
    if (failures-- > 0) throw new Error('a defect');
  };
  a.owner.start();
  await clock.advance(0);
  await a.backplane.ingress.append(4, 'command');
  await clock.advance(HEARTBEAT - 1);
  expect(retried.map(({ what, partition, attempt }) => ({ what, partition, attempt }))).toEqual([
    { what: 'read', partition: 4, attempt: 0 },
    { what: 'read', partition: 4, attempt: 1 },
  ]);
  expect(a.carried).toMatchObject([{ partition: 4, entry: { redelivered: true } }]);
  await a.owner.close();
});

test('a reader whose commands cannot be told is opened anew at once, though no other comes', async () => {
  const { clock, open } = deployment();
  const a = open('a');
  const retried = recorded(a.events, 'retried');
  a.owner.start();
  await clock.advance(0);
  a.faults.break?.();
  await clock.advance(HEARTBEAT - 1);
  expect(retried).toMatchObject([{ what: 'read', partition: PARTITIONS - 1, attempt: 0 }]);
  await a.backplane.ingress.append(PARTITIONS - 1, 'command');
  await clock.advance(0);
  expect(a.carried).toMatchObject([{ partition: PARTITIONS - 1 }]);
  await a.owner.close();
});

test('a heartbeat that fails is tried again, and the partitions are kept', async () => {
  const { clock, open } = deployment();
  const a = open('a');
  const retried = recorded(a.events, 'retried');
  a.owner.start();
  await clock.advance(0);
  const { workers } = a.backplane.nodes;
  let failures = 2;
  a.backplane.nodes.workers = async () => {
    if (failures-- > 0) throw new Error('cannot be reached');
    return workers();
  };
  await clock.advance(2 * HEARTBEAT);
  expect(retried.map((each) => each.what)).toEqual(['lease', 'lease']);
  expect(sorted(a.owner.owned)).toEqual(ALL);
  await a.owner.close();
});
