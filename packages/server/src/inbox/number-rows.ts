import type { Clock, Delivery, InboxRow, InboxStore, Seq, UserId } from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';
import type { ServerEventBus } from '../server-events.ts';
import { type InboxSeq, RESTORED_FOR } from './inbox-seq.ts';

/** ms after its allocation for which a seq may still be used: well before a restored counter is trusted. */
const USABLE_FOR = RESTORED_FOR / 2;

/** Voids written with one batch: a long outage leaves many, and none of them may make a commit long. */
const VOIDS = 1_000;

/** Users of restored counters whose least seq is remembered. */
const REMEMBERED = 10_000;

/**
 * Stage   4 inbox seq
 * In      deliveries: who is to find which event
 * Out     inbox rows: the same, each with the user's next seq
 * Keeps   P4 dense inbox, P5 entries of a conversation ascend with it, P6 counters are restored from the store
 * Proved  test/backplane/*, test/transfer/number-rows.test.ts, test/simulation/*, test/fault/redis-lost.services.test.ts
 *
 * Counters may be lost (restored from the store's heads) or stale (the store's unique key refuses the row; `afterConflict`
 * raises them). Seqs allocated for an attempt that did not commit number the same deliveries in the next one. Other
 * deliveries get new ones: the conversation has moved, and an entry of its new events must not stand below those that
 * another writer numbered meanwhile. What was allocated in vain is closed with voids in the same commit, so that no
 * reader has to wait for it.
 *
 * A counter can be restored too low: events that were numbered before it was lost reach the store after its head was
 * read. Nobody's seq is taken twice by that, but the next event of the same conversation would be numbered below the
 * last. So a seq of a counter that was restored lately is used only above the head that the store had after the states
 * were read which the deliveries follow from; by then it had all that came before them.
 */
export class RowNumbering {
  readonly #seqs: InboxSeq;
  readonly #inbox: InboxStore;
  readonly #events: ServerEventBus;
  readonly #clock: Clock;
  /** Allocated for `#numbered`, not committed, ascending per user. */
  #spare = new Map<UserId, Seq[]>();
  /** Monotonic ms before the first of them was allocated. */
  #spareSince = 0;
  #numbered: readonly Delivery[] = [];
  /** Allocated in vain, to be closed. */
  #unused: { readonly userId: UserId; readonly seq: Seq }[] = [];
  /** Of these, how many the rows of the last `number` close. */
  #closing = 0;
  /** What a seq of a restored counter must be above. */
  readonly #above = new RecentMap<UserId, Seq>(REMEMBERED);

  constructor(seqs: InboxSeq, inbox: InboxStore, events: ServerEventBus, clock: Clock) {
    this.#seqs = seqs;
    this.#inbox = inbox;
    this.#events = events;
    this.#clock = clock;
  }

  /**
   * Numbers the deliveries in their order, and adds voids for seqs left over from an earlier attempt.
   *
   * @param areNews they follow from states just read, which may hold what another writer numbered
   */
  async number(deliveries: readonly (Delivery & { readonly at: number })[], areNews: boolean): Promise<InboxRow[]> {
    if (areNews) this.#above.clear();
    if (!areSame(deliveries, this.#numbered)) this.#abandon();
    this.#numbered = deliveries;
    const needed = new Map<UserId, number>();
    for (const { userId } of deliveries) needed.set(userId, (needed.get(userId) ?? 0) + 1);
    do {
      if (this.#isTooLate()) this.#abandon();
      await this.#supply(needed);
    } while (this.#isTooLate());
    const used = new Map<UserId, number>();
    const rows: InboxRow[] = deliveries.map(({ userId, ref, at }) => {
      const index = used.get(userId) ?? 0;
      used.set(userId, index + 1);
      return { userId, seq: this.#spare.get(userId)?.[index] as Seq, ref, at };
    });
    this.#dropReallocated();
    const now = this.#clock.now();
    const voids = this.#unused.slice(0, VOIDS);
    this.#closing = voids.length;
    for (const { userId, seq } of voids) rows.push({ userId, seq, ref: null, at: now });
    return rows;
  }

  /** The rows of the last `number` are in the store. */
  committed(): void {
    this.#spare = new Map();
    this.#numbered = [];
    this.#unused.splice(0, this.#closing);
    this.#closing = 0;
  }

  /** A seq was taken: counters are brought up to the store, and only seqs above its heads are kept for the next attempt. */
  async afterConflict(): Promise<void> {
    const userIds = new Set([...this.#spare.keys(), ...this.#unused.map(({ userId }) => userId)]);
    const heads = await this.#heads([...userIds]);
    await this.#seqs.raise(heads);
    const isFree = (userId: UserId, seq: Seq): boolean => seq > (heads.get(userId) ?? 0);
    for (const [userId, seqs] of this.#spare)
      this.#spare.set(
        userId,
        seqs.filter((seq) => isFree(userId, seq)),
      );
    this.#unused = this.#unused.filter(({ userId, seq }) => isFree(userId, seq));
    this.#events.emit('counters-raised', { users: heads.size });
  }

  #abandon(): void {
    for (const [userId, seqs] of this.#spare) for (const seq of seqs) this.#unused.push({ userId, seq });
    this.#spare = new Map();
  }

  /** A counter that was restored gives seqs again that were allocated in vain before it was lost. */
  #dropReallocated(): void {
    if (this.#unused.length === 0) return;
    const taken = new Map([...this.#spare].map(([userId, seqs]) => [userId, new Set(seqs)]));
    this.#unused = this.#unused.filter(({ userId, seq }) => !taken.get(userId)?.has(seq));
  }

  #isTooLate(): boolean {
    return this.#spare.size > 0 && this.#clock.monotonic() - this.#spareSince > USABLE_FOR;
  }

  /** Allocates until there is a spare seq for each that is needed. */
  async #supply(needed: ReadonlyMap<UserId, number>): Promise<void> {
    const toAllocate = new Map<UserId, number>();
    for (const [userId, count] of needed) {
      const missing = count - (this.#spare.get(userId)?.length ?? 0);
      if (missing > 0) toAllocate.set(userId, missing);
    }
    if (toAllocate.size === 0) return;
    if (this.#spare.size === 0) this.#spareSince = this.#clock.monotonic();
    for (const [userId, last] of await this.#allocate(toAllocate)) {
      const seqs = this.#spare.get(userId) ?? [];
      for (let seq = last - (toAllocate.get(userId) as number) + 1; seq <= last; seq++) seqs.push(seq as Seq);
      this.#spare.set(userId, seqs);
    }
  }

  async #allocate(counts: ReadonlyMap<UserId, number>): Promise<Map<UserId, Seq>> {
    const allocated = new Map<UserId, Seq>();
    for (let open = counts; open.size > 0; ) {
      const { seqs, restored } = await this.#seqs.allocate(open);
      const heads = await this.#heads(
        [...open.keys()].filter(
          (userId) => !seqs.has(userId) || (restored.has(userId) && this.#above.get(userId) === undefined),
        ),
      );
      const behind = new Map<UserId, number>();
      const raised = new Map<UserId, Seq>();
      for (const [userId, count] of open) {
        const last = seqs.get(userId);
        const above = heads.get(userId) ?? this.#above.get(userId) ?? (0 as Seq);
        const isRestored = restored.has(userId);
        if (last !== undefined && (!isRestored || last - count >= above)) {
          allocated.set(userId, last);
          if (isRestored) this.#above.put(userId, last);
          continue;
        }
        behind.set(userId, count);
        raised.set(userId, above);
        this.#above.put(userId, above);
        for (let seq = Math.max(above, (last ?? 0) - count) + 1; seq <= (last ?? 0); seq++)
          this.#unused.push({ userId, seq: seq as Seq });
      }
      if (behind.size > 0) {
        await this.#seqs.raise(raised);
        this.#events.emit('counters-restored', { users: behind.size });
      }
      open = behind;
    }
    return allocated;
  }

  /** What the store has of each, 0 where nothing. */
  async #heads(userIds: readonly UserId[]): Promise<Map<UserId, Seq>> {
    if (userIds.length === 0) return new Map();
    const bounds = await this.#inbox.bounds(userIds);
    return new Map(userIds.map((userId) => [userId, bounds.get(userId)?.head ?? (0 as Seq)]));
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
