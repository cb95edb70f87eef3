import type { Delivery, InboxRow, InboxStore, Seq, UserId } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';
import type { InboxSeq } from './inbox-seq.ts';

/**
 * Stage   4 inbox seq
 * In      deliveries: who is to find which event
 * Out     inbox rows: the same, each with the user's next seq
 * Keeps   P4 dense inbox, P6 counters are restored from the store
 * Proved  test/backplane/*, test/transfer/number-rows.test.ts, test/fault/redis-lost.services.test.ts
 *
 * Counters may be lost (restored from the store's heads) or stale (the store's unique key refuses the row; `afterConflict`
 * raises them). Seqs allocated for an attempt that did not commit number the same deliveries in the next one. Other
 * deliveries get new ones: the conversation has moved, and an entry of its new events must not stand below those that
 * another writer numbered meanwhile. What was allocated in vain is closed with voids in the same commit, so that no
 * reader has to wait for it.
 */
export class RowNumbering {
  readonly #seqs: InboxSeq;
  readonly #inbox: InboxStore;
  readonly #events: ServerEventBus;
  /** Allocated for `#numbered`, not committed, ascending per user. */
  #spare = new Map<UserId, Seq[]>();
  #numbered: readonly Delivery[] = [];
  /** Allocated in vain, to be closed. */
  #unused: { readonly userId: UserId; readonly seq: Seq }[] = [];

  constructor(seqs: InboxSeq, inbox: InboxStore, events: ServerEventBus) {
    this.#seqs = seqs;
    this.#inbox = inbox;
    this.#events = events;
  }

  /** Numbers the deliveries in their order, and adds voids for seqs left over from an earlier attempt. */
  async number(deliveries: readonly (Delivery & { readonly at: number })[], now: number): Promise<InboxRow[]> {
    if (!areSame(deliveries, this.#numbered)) {
      for (const [userId, seqs] of this.#spare) for (const seq of seqs) this.#unused.push({ userId, seq });
      this.#spare = new Map();
      this.#numbered = deliveries;
    }
    const needed = new Map<UserId, number>();
    for (const { userId } of deliveries) needed.set(userId, (needed.get(userId) ?? 0) + 1);
    const toAllocate = new Map<UserId, number>();
    for (const [userId, count] of needed) {
      const missing = count - (this.#spare.get(userId)?.length ?? 0);
      if (missing > 0) toAllocate.set(userId, missing);
    }
    for (const [userId, last] of await this.#allocate(toAllocate)) {
      const count = toAllocate.get(userId) as number;
      const seqs = this.#spare.get(userId) ?? [];
      for (let seq = last - count + 1; seq <= last; seq++) seqs.push(seq as Seq);
      this.#spare.set(userId, seqs);
    }
    const used = new Map<UserId, number>();
    const rows: InboxRow[] = deliveries.map(({ userId, ref, at }) => {
      const index = used.get(userId) ?? 0;
      used.set(userId, index + 1);
      return { userId, seq: this.#spare.get(userId)?.[index] as Seq, ref, at };
    });
    for (const { userId, seq } of this.#unused) rows.push({ userId, seq, ref: null, at: now });
    return rows;
  }

  /** The rows of the last `number` are in the store. */
  committed(): void {
    this.#spare = new Map();
    this.#numbered = [];
    this.#unused = [];
  }

  /** A seq was taken: counters are brought up to the store, and only seqs above its heads are kept for the next attempt. */
  async afterConflict(): Promise<void> {
    const userIds = new Set([...this.#spare.keys(), ...this.#unused.map(({ userId }) => userId)]);
    const heads = await this.#raise([...userIds]);
    const isFree = (userId: UserId, seq: Seq): boolean => seq > (heads.get(userId) ?? 0);
    for (const [userId, seqs] of this.#spare)
      this.#spare.set(
        userId,
        seqs.filter((seq) => isFree(userId, seq)),
      );
    this.#unused = this.#unused.filter(({ userId, seq }) => isFree(userId, seq));
    this.#events.emit('counters-raised', { users: heads.size });
  }

  async #allocate(counts: ReadonlyMap<UserId, number>): Promise<Map<UserId, Seq>> {
    const allocated = new Map<UserId, Seq>();
    let open = counts;
    while (open.size > 0) {
      for (const [userId, seq] of await this.#seqs.allocate(open)) allocated.set(userId, seq);
      const missing = [...open.keys()].filter((userId) => !allocated.has(userId));
      if (missing.length === 0) break;
      await this.#raise(missing);
      this.#events.emit('counters-restored', { users: missing.length });
      open = new Map(missing.map((userId) => [userId, counts.get(userId) as number]));
    }
    return allocated;
  }

  async #raise(userIds: readonly UserId[]): Promise<Map<UserId, Seq>> {
    const bounds = await this.#inbox.bounds(userIds);
    const heads = new Map(userIds.map((userId) => [userId, bounds.get(userId)?.head ?? (0 as Seq)]));
    await this.#seqs.raise(heads);
    return heads;
  }
}

function areSame(a: readonly Delivery[], b: readonly Delivery[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ userId, ref }, index) => {
      const other = b[index];
      return (
        userId === other?.userId &&
        ref.conversationSeq === other.ref.conversationSeq &&
        ref.conversationId === other.ref.conversationId
      );
    })
  );
}
