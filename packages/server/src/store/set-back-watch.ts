import {
  type Clock,
  type CommitBatch,
  type Event,
  type EventRef,
  fingerprintOf,
  type InboxRow,
  parseConversationId,
  parseUserId,
  refKey,
  type Seq,
  type Storage,
  type UserId,
} from '@tidemark/core';
import type { Reached } from '../deployment/claims.ts';
import type { ServerEventBus } from '../server-events.ts';

/** ms for which the store is taken to be as it was: without a failure it is neither restored nor failed over in less. */
const TRUSTED_FOR = 250;

/**
 * Notices that the store was set back: a backup was restored under running processes, or a replica was promoted that had lost
 * commits. It knows two things that the store had, its witnesses: the event that this process committed last, or one that another
 * process named in the claim; and the entry that it delivered last, whose writer may be gone. When the store
 * lacks one of them, whatever was remembered of the store is forgotten, and every open feed starts again, since it may stand on
 * what is lost. How often that happened is counted in the claim, so that all processes
 * hear of it with their next heartbeat, whoever noticed.
 *
 * The store is asked at each heartbeat; by a writer also after each failure, before a commit that does not follow another
 * within TRUSTED_FOR, and after one that took longer: it may have waited while the store was set back, and then it says nothing of
 * the store before. Nothing is written on top of a store that was set back before its writer knows. Part of stage 5.
 *
 * A frame carries the `count` of its writer, by which a node knows those from before a set-back (`isCurrent`).
 *
 * Keeps   P9 a device that stands on what the store lost is told, P5 no conversation goes on above a gap, P6 nothing is told of
 *         what the store has lost
 * Proved  test/store/set-back-watch.test.ts, test/fault/store-set-back.services.test.ts
 */
export class SetBackWatch {
  readonly #options: SetBackWatchOptions;
  #witness: Witness | undefined;
  /** This process committed it. */
  #isOwn = false;
  #delivered: Delivered | undefined;
  /** Given for the claim; it stands there once the claim has answered. */
  #reporting: Witness | undefined;
  #reported: Witness | undefined;
  /** Monotonic ms at which it was committed, or heard of. */
  #seenAt = 0;
  /** Monotonic ms of the last question that the store answered. */
  #askedAt = 0;
  #isDoubtful = false;
  #count = 0;
  #checking: Promise<void> | undefined;

  constructor(options: SetBackWatchOptions) {
    this.#options = options;
  }

  /** How often the store was found set back, as far as this process knows. What was read from it before is not to be trusted. */
  get count(): number {
    return this.#count;
  }

  /**
   * The store took this, which was begun when the `count` was `before`. Gives the `count` afterwards: with another one it may be part
   * of what is lost.
   */
  async committed({ events, rows }: CommitBatch, before = this.#count): Promise<number> {
    const known = Math.max(this.#seenAt, this.#askedAt);
    if (this.#options.clock.monotonic() - known > TRUSTED_FOR) await this.#check();
    const event = events.at(-1);
    if (!event || this.#count !== before) return this.#count;
    this.#remember(witnessOf(event, rows.at(-1)));
    this.#isOwn = true;
    return this.#count;
  }

  /** An entry was delivered to devices, read from the store or in a frame of its writer, when the `count` was this. */
  delivered(userId: UserId, { seq, event }: { readonly seq: Seq; readonly event: Event }, count: number): void {
    // One that is dated by a clock that is ahead must not outlast all that come after it.
    const at = Math.min(event.at, this.#options.clock.now());
    if (count === this.#count && at >= (this.#delivered?.at ?? 0)) this.#delivered = { event, userId, seq, at };
  }

  /** Whether the writer of a frame knew the store as it is now, by its count. It may know of more set-backs than this process. */
  isCurrent(count: number): boolean {
    if (count > this.#count) this.#startAgain(count);
    return count === this.#count;
  }

  /** Something that was asked of the store failed, or was not as it should be: another one may answer from now on. */
  failed(): void {
    this.#isDoubtful = true;
  }

  /** The `count`, after the store was asked where that may have changed. */
  async current(): Promise<number> {
    const isFresh = this.#options.clock.monotonic() - this.#seenAt <= TRUSTED_FOR;
    // What others are asking about is not trusted meanwhile, either.
    if (this.#isDoubtful || this.#checking || !isFresh) await this.#check();
    return this.#count;
  }

  /** For the claim: what this process knows. A witness is put there once, so that it does not hide a later one of another. */
  report(): Reached {
    const isNews = this.#isOwn && this.#witness !== this.#reported;
    this.#reporting = isNews ? this.#witness : undefined;
    return { setBacks: this.#count, witness: this.#reporting ? JSON.stringify(this.#reporting) : '' };
  }

  /** What stood in the claim before the last report. Rejects while the store cannot be asked. */
  async heard({ setBacks, witness }: Reached): Promise<void> {
    this.#reported = this.#reporting ?? this.#reported;
    if (setBacks > this.#count) this.#startAgain(setBacks);
    await this.#check();
    const named = setBacks === this.#count ? parseWitness(witness) : undefined;
    if (!named) return;
    await this.#ask([named]);
    // Who committed it may be gone by the time the store is set back, and the claim may be lost.
    if (setBacks === this.#count && !this.#isOwn) this.#remember(named);
  }

  #check(): Promise<void> {
    const check = async (): Promise<void> => {
      const witnesses = this.#witnesses();
      if (witnesses.length === 0) return;
      this.#isDoubtful = false;
      await this.#ask(witnesses).catch((error: unknown) => {
        this.#isDoubtful = true;
        throw error;
      });
    };
    this.#checking ??= check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  #witnesses(): Witness[] {
    const [witness, delivered] = [this.#witness, this.#delivered];
    if (!delivered || (witness && refKey(witness) === refKey(delivered.event))) return witness ? [witness] : [];
    const { event, userId, seq } = delivered;
    const { conversationId, conversationSeq } = event;
    const ofDelivered = { conversationId, conversationSeq, fingerprint: fingerprintOf(event), row: { userId, seq } };
    return witness ? [witness, ofDelivered] : [ofDelivered];
  }

  /** Asks the store for what it had. */
  async #ask(witnesses: readonly Witness[]): Promise<void> {
    const { events, clock } = this.#options;
    const before = this.#count;
    const began = clock.monotonic();
    const lost = await this.#firstLost(witnesses);
    this.#askedAt = began;
    // What is known of an earlier store is no news.
    if (!lost || this.#count !== before) return;
    const { conversationId, conversationSeq } = lost;
    events.emit('store-set-back', { lost: { conversationId, conversationSeq } });
    this.#startAgain(before + 1);
  }

  async #firstLost(witnesses: readonly Witness[]): Promise<Witness | undefined> {
    const events = await this.#options.storage.history.findByRef(witnesses.map(({ fingerprint, row, ...ref }) => ref));
    const found = new Map(events.map((event) => [refKey(event), event]));
    for (const witness of witnesses) {
      const event = found.get(refKey(witness));
      if (!event || fingerprintOf(event) !== witness.fingerprint || !(await this.#hasRow(witness, event)))
        return witness;
    }
    return undefined;
  }

  /** An inbox of its own is set back by itself; its rows expire. */
  async #hasRow({ fingerprint, row, ...ref }: Witness, { at }: Event): Promise<boolean> {
    const { storage, clock, retentionMs } = this.#options;
    if (!row || storage.capabilities.atomic || at < clock.now() - retentionMs / 2) return true;
    const [found] = await storage.inbox.find([{ userId: row.userId, ref }]);
    return found?.seq === row.seq;
  }

  #startAgain(count: number): void {
    this.#count = count;
    this.#witness = undefined;
    this.#isOwn = false;
    this.#delivered = undefined;
    this.#options.storage.inbox.forget?.();
    this.#options.onSetBack();
  }

  #remember(witness: Witness): void {
    this.#witness = witness;
    this.#seenAt = this.#options.clock.monotonic();
  }
}

export interface SetBackWatchOptions {
  readonly storage: Storage;
  /** ms for which inboxes keep their rows. */
  readonly retentionMs: number;
  /** Every feed of this process must start again. */
  readonly onSetBack: () => void;
  readonly events: ServerEventBus;
  readonly clock: Clock;
}

/** The entry delivered last. */
interface Delivered {
  readonly event: Event;
  readonly userId: UserId;
  readonly seq: Seq;
  /** Wall time by which it is the last. */
  readonly at: number;
}

/** An event that the store had, and one of its rows. */
interface Witness extends EventRef {
  readonly fingerprint: string;
  readonly row?: { readonly userId: UserId; readonly seq: Seq };
}

function witnessOf(event: Event, row: InboxRow | undefined): Witness {
  const { conversationId, conversationSeq } = event;
  const isItsOwn = row?.ref?.conversationId === conversationId && row.ref.conversationSeq === conversationSeq;
  return {
    conversationId,
    conversationSeq,
    fingerprint: fingerprintOf(event),
    ...(isItsOwn && { row: { userId: row.userId, seq: row.seq } }),
  };
}

/** What another process wrote, or anybody who can write to the backplane. Undefined when it is no witness. */
function parseWitness(text: string): Witness | undefined {
  if (text === '') return undefined;
  try {
    const { conversationId, conversationSeq, fingerprint, row } = JSON.parse(text) as Record<string, unknown>;
    if (typeof fingerprint !== 'string' || !isPlace(conversationSeq)) return undefined;
    const event = { conversationId: parseConversationId(conversationId), conversationSeq, fingerprint } as Witness;
    if (row === undefined) return event;
    const { userId, seq } = row as Record<string, unknown>;
    return isPlace(seq) ? { ...event, row: { userId: parseUserId(userId), seq: seq as Seq } } : undefined;
  } catch {
    return undefined;
  }
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
