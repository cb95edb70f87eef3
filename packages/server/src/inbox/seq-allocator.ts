import {
  type Clock,
  type ConversationId,
  type Delivery,
  type InboxRow,
  type InboxStore,
  refKey,
  type Seq,
  type UserId,
} from '@tidemark/core';
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
 * Proved  test/backplane/*, test/inbox/seq-allocator.test.ts, test/simulation/*, test/fault/redis-lost.services.test.ts
 *
 * Counters may be lost (restored from the store's heads) or stale (the store's unique key refuses the row; `afterConflict`
 * raises them). Seqs allocated for an attempt that did not commit number the same deliveries in the next one, conversation
 * by conversation: most attempts fail for one command that had been carried out before. Where a conversation has moved its
 * deliveries get new ones, for an entry of its new events must not stand below those that another writer numbered meanwhile.
 * What was allocated in vain is closed with voids in the same commit, so that no reader has to wait for it. Where the next
 * attempt is a beginning of the one before, since a batch was halved, the rest keeps its seqs until it is tried, right after.
 *
 * A counter can be restored too low: events that were numbered before it was lost reach the store after its head was
 * read. Nobody's seq is taken twice by that, but the next event of the same conversation would be numbered below the
 * last. So a seq of a counter that was restored lately is used only above the head that the store had after the states
 * were read which the deliveries follow from; by then it had all that came before them.
 */
export class SeqAllocator {
  readonly #seqs: InboxSeq;
  readonly #inbox: InboxStore;
  readonly #events: ServerEventBus;
  readonly #clock: Clock;
  /** Deliveries of attempts that did not commit, by `deliveryKey`, in their order, with their seqs. */
  #reserved = new Map<string, Reserved>();
  /** Monotonic ms before the first of their seqs was allocated. */
  #reservedSince = 0;
  /** Keys of what the last `allocate` has numbered. */
  #numbered: readonly string[] = [];
  /** Allocated in vain, to be closed. */
  #unused: { readonly userId: UserId; readonly seq: Seq }[] = [];
  /** Of these, how many the rows of the last `allocate` close. */
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
   * Gives the deliveries their seqs, in their order, and adds voids for seqs left over from an earlier attempt.
   *
   * @param areFresh they follow from states just read, which may hold what another writer numbered
   * @param mostVoids none are added beyond these
   */
  async allocate(
    deliveries: readonly (Delivery & { readonly at: number })[],
    areFresh: boolean,
    mostVoids = VOIDS,
  ): Promise<InboxRow[]> {
    if (areFresh) this.#above.clear();
    const keys = deliveries.map(deliveryKey);
    this.#numbered = keys;
    do {
      if (this.#isTooLate()) this.#abandon();
      this.#keepWhatFits(deliveries, keys);
    } while (!(await this.#supply(deliveries, keys)) || this.#isTooLate());
    const rows: InboxRow[] = deliveries.map(({ userId, ref, at }, index) => {
      const { seq } = this.#reserved.get(keys[index] as string) as Reserved;
      return { userId, seq, ref, at };
    });
    this.#dropReallocated();
    const now = this.#clock.now();
    const voids = this.#unused.slice(0, Math.min(mostVoids, VOIDS));
    this.#closing = voids.length;
    for (const { userId, seq } of voids) rows.push({ userId, seq, ref: null, at: now });
    return rows;
  }

  /** The rows of the last `allocate` are in the store. */
  committed(): void {
    for (const key of this.#numbered) this.#reserved.delete(key);
    this.#numbered = [];
    this.#unused.splice(0, this.#closing);
    this.#closing = 0;
  }

  /** A seq was taken: counters are brought up to the store, and only seqs above its heads are kept for the next attempt. */
  async afterConflict(): Promise<void> {
    const userIds = new Set([...this.#reserved.values(), ...this.#unused].map(({ userId }) => userId));
    const heads = await this.#heads([...userIds]);
    await this.#seqs.raise(heads);
    const isFree = ({ userId, seq }: { userId: UserId; seq: Seq }): boolean => seq > (heads.get(userId) ?? 0);
    const free = new Map<UserId, Seq[]>();
    for (const each of this.#reserved.values()) {
      if (isFree(each)) free.set(each.userId, [...(free.get(each.userId) ?? []), each.seq]);
    }
    // The first deliveries of each take what is left.
    const before = this.#reserved;
    this.#reserved = new Map();
    for (const [key, each] of before) {
      const seq = free.get(each.userId)?.shift();
      if (seq !== undefined) this.#reserved.set(key, { ...each, seq });
    }
    this.#unused = this.#unused.filter(isFree);
    this.#events.emit('counters-raised', { users: heads.size });
  }

  #abandon(): void {
    for (const { userId, seq } of this.#reserved.values()) this.#unused.push({ userId, seq });
    this.#reserved = new Map();
  }

  /**
   * Keeps the seqs that these deliveries may have again, and abandons the others.
   *
   * A conversation's are kept where its first event has the same place as before: nobody has appended to it since, so all
   * that its users have of it was numbered before. And of each user only as many as follow one another: what gets a new seq
   * stands above all that was allocated earlier.
   */
  #keepWhatFits(deliveries: readonly Delivery[], keys: readonly string[]): void {
    if (this.#reserved.size === 0 || isBeginning(keys, this.#reserved)) return;
    const first = firstPlaces(deliveries);
    const reservedFirst = firstPlaces([...this.#reserved.values()]);
    const kept = new Map<string, Reserved>();
    const renumbered = new Set<string>();
    for (const [index, delivery] of deliveries.entries()) {
      const { conversationId } = delivery.ref;
      const key = keys[index] as string;
      const lane = `${delivery.userId} ${conversationId}`;
      const reserved = this.#reserved.get(key);
      const isSame = first.get(conversationId) === reservedFirst.get(conversationId);
      if (reserved && isSame && !renumbered.has(lane)) kept.set(key, reserved);
      else renumbered.add(lane);
    }
    for (const key of kept.keys()) this.#reserved.delete(key);
    this.#abandon();
    this.#reserved = kept;
  }

  /** A counter that was restored gives seqs again that were allocated in vain before it was lost. */
  #dropReallocated(): void {
    if (this.#unused.length === 0) return;
    const taken = new Set([...this.#reserved.values()].map(({ userId, seq }) => `${userId} ${seq}`));
    this.#unused = this.#unused.filter(({ userId, seq }) => !taken.has(`${userId} ${seq}`));
  }

  #isTooLate(): boolean {
    return this.#reserved.size > 0 && this.#clock.monotonic() - this.#reservedSince > USABLE_FOR;
  }

  /** Allocates until each delivery has a seq. False: a counter went back meanwhile, so that all of them need new ones. */
  async #supply(deliveries: readonly Delivery[], keys: readonly string[]): Promise<boolean> {
    const missing = deliveries.filter((_, index) => !this.#reserved.has(keys[index] as string));
    if (missing.length === 0) return true;
    const counts = new Map<UserId, number>();
    for (const { userId } of missing) counts.set(userId, (counts.get(userId) ?? 0) + 1);
    if (this.#reserved.size === 0) this.#reservedSince = this.#clock.monotonic();
    const next = new Map<UserId, number>();
    for (const [userId, last] of await this.#allocate(counts))
      next.set(userId, last - (counts.get(userId) as number) + 1);
    const isBehind = [...this.#reserved.values()].some(({ userId, seq }) => seq >= (next.get(userId) ?? Infinity));
    if (isBehind) {
      // What was reserved is given to others now; only what was allocated just now is to be closed.
      this.#reserved = new Map();
      for (const { userId } of missing) this.#unused.push({ userId, seq: take(next, userId) });
      return false;
    }
    const reserved = new Map<string, Reserved>();
    for (const [index, { userId, ref }] of deliveries.entries()) {
      const key = keys[index] as string;
      reserved.set(key, this.#reserved.get(key) ?? { userId, ref, seq: take(next, userId) });
    }
    this.#reserved = reserved;
    return true;
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

/** A delivery and the seq that it is to have. */
interface Reserved extends Delivery {
  readonly seq: Seq;
}

function deliveryKey({ userId, ref }: Delivery): string {
  return `${userId} ${refKey(ref)}`;
}

/** Counts on from what `next` has for the user. */
function take(next: Map<UserId, number>, userId: UserId): Seq {
  const seq = next.get(userId) as Seq;
  next.set(userId, seq + 1);
  return seq;
}

/** The first place in each conversation that the deliveries are of. */
function firstPlaces(deliveries: readonly Delivery[]): Map<ConversationId, number> {
  const places = new Map<ConversationId, number>();
  for (const { ref } of deliveries) {
    const { conversationId, conversationSeq } = ref;
    places.set(conversationId, Math.min(conversationSeq, places.get(conversationId) ?? conversationSeq));
  }
  return places;
}

/** Whether these are the first of `reserved`, and there are some. */
function isBeginning(keys: readonly string[], reserved: ReadonlyMap<string, Reserved>): boolean {
  if (keys.length === 0 || keys.length > reserved.size) return false;
  const before = reserved.keys();
  return keys.every((key) => key === before.next().value);
}
