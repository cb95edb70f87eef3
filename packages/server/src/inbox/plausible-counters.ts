import type { InboxStore, Seq, UserId } from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';
import type { ServerEventBus } from '../server-events.ts';
import type { Allocation, InboxSeq } from './inbox-seq.ts';

/**
 * Seqs that a counter may be above the store's head: far more than can be in flight, and few enough to be closed with voids
 * within a second.
 */
const AHEAD = 10_000;
/** Users whose head is remembered; those with less than AHEAD entries need none. */
const REMEMBERED = 100_000;

/**
 * The counters, checked against the store: one that stands more than AHEAD above its user's head counts as lost, and is restored
 * from the store as any lost counter is. Without that, whoever can write to Redis could have a reader wait for millions of voids.
 * The store is asked once for every AHEAD entries of a user. Part of stage 4.
 *
 * Keeps   P4 an inbox is dense at a bounded cost
 * Proved  test/inbox/plausible-counters.test.ts
 */
export function plausibleCounters(seqs: InboxSeq, inbox: InboxStore, events: ServerEventBus): InboxSeq {
  const known = new RecentMap<UserId, Seq>(REMEMBERED);

  async function allocate(counts: ReadonlyMap<UserId, number>): Promise<Allocation> {
    const allocation = await seqs.allocate(counts);
    const isFar = (userId: UserId, last: Seq, head: number): boolean =>
      last - (counts.get(userId) as number) - head > AHEAD;
    const doubtful: UserId[] = [];
    for (const [userId, last] of allocation.seqs)
      if (isFar(userId, last, known.get(userId) ?? 0)) doubtful.push(userId);
    if (doubtful.length === 0) return allocation;
    const bounds = await inbox.bounds(doubtful);
    const lost = new Map<UserId, Seq>();
    for (const userId of doubtful) {
      const head = bounds.get(userId)?.head ?? (0 as Seq);
      const last = allocation.seqs.get(userId) as Seq;
      known.put(userId, head);
      if (!isFar(userId, last, head)) continue;
      lost.set(userId, (head + AHEAD) as Seq);
      events.emit('counter-implausible', { userId, seq: last, head });
    }
    if (lost.size === 0) return allocation;
    await seqs.forget(lost);
    return {
      seqs: new Map([...allocation.seqs].filter(([userId]) => !lost.has(userId))),
      restored: new Set([...allocation.restored].filter((userId) => !lost.has(userId))),
    };
  }

  return {
    allocate,
    raise: (heads) => seqs.raise(heads),
    forget: (highest) => seqs.forget(highest),
    current: (userIds) => seqs.current(userIds),
  };
}
