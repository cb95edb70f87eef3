import {
  type Clock,
  type ConversationId,
  type ConversationState,
  type Delivery,
  type Event,
  type EventRef,
  type InboxRow,
  recipientsAsOf,
  refKey,
  type Storage,
  UnavailableError,
} from '@tidemark/core';
import type { SeqAllocator } from '../inbox/seq-allocator.ts';
import type { ServerEventBus } from '../server-events.ts';

/**
 * Completes what a crash left half done. Part of stage 3.
 *
 *  - The process was killed between commit and publishing, or the store's answer was lost: the entry is read again, its command is
 *    found, and its rows are published now.
 *  - The process was killed between the two commits of a composed storage: the event is there and its rows are missing. They are
 *    added with new seqs. When the queue was lost as well, nobody repeats the command; so the newest events of a conversation are
 *    checked when a writer first loads it, before anything is numbered after them. And where nobody writes to it again, the
 *    history knows that it is undelivered.
 *
 * Keeps   P2 P5 for composed storages, P7
 * Proved  test/transfer/recovery.test.ts, test/fault/*
 */
export class Recovery {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #events: ServerEventBus;
  readonly #retentionMs: number;

  constructor(options: { storage: Storage; clock: Clock; events: ServerEventBus; retentionMs: number }) {
    this.#storage = options.storage;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#retentionMs = options.retentionMs;
  }

  /**
   * Returns the events to publish once more, with their rows.
   *
   * @param repeats events of commands found again; an event may be there more than once
   * @param unsure they may never have been announced
   */
  async complete(repeats: readonly Event[], unsure: boolean, allocator: SeqAllocator): Promise<Completed> {
    const needed = unsure || !this.#storage.capabilities.atomic;
    return this.#completeEvents(needed ? [...new Set(repeats)] : [], allocator);
  }

  /**
   * Checks the newest events of conversations just loaded, backwards until one is complete: rows are written in their
   * order (`InboxStore.append`), so none before it is missing. Atomic storages need none.
   */
  async completeTails(partition: number, states: readonly ConversationState[], allocator: SeqAllocator): Promise<void> {
    if (this.#storage.capabilities.atomic) return;
    for (const { conversation, head } of states) {
      const incomplete: Event[] = [];
      for (let conversationSeq = head as number; conversationSeq > 0; conversationSeq--) {
        const ref = { conversationId: conversation.conversationId, conversationSeq } as EventRef;
        const [event] = await this.#storage.history.findByRef([ref]);
        if (!event || this.#expired(event) || (await this.#missing([event])).missing.length === 0) break;
        incomplete.unshift(event);
      }
      if (incomplete.length === 0) continue;
      const { rows } = await this.#completeEvents(incomplete, allocator);
      this.#events.emit('completed', { partition, events: incomplete.length, rows: rows.length });
    }
  }

  /** Adds the missing rows of undelivered events of the given conversations, and marks them all as delivered. */
  async completeUndelivered(
    partition: number,
    isHere: (conversationId: ConversationId) => boolean,
    holdsLease: () => Promise<boolean>,
    allocator: SeqAllocator,
  ): Promise<void> {
    const { history } = this.#storage;
    const refs = (await history.undelivered()).filter(({ conversationId }) => isHere(conversationId));
    if (refs.length === 0) return;
    const events = (await history.findByRef(refs)).sort((a, b) => a.conversationSeq - b.conversationSeq);
    const { missing } = await this.#missing(events);
    if (missing.length > 0) {
      if (!(await holdsLease())) return;
      const { rows } = await this.#completeEvents(events, allocator);
      this.#events.emit('completed', { partition, events: events.length, rows: rows.length });
    }
    await history.markDelivered(refs);
  }

  async #completeEvents(events: readonly Event[], allocator: SeqAllocator): Promise<Completed> {
    if (events.length === 0) return { events, rows: [] };
    const { found, missing } = await this.#missing(events);
    if (missing.length === 0) return { events, rows: found };
    const rows = await allocator.allocate(missing, true);
    const { conflict } = await this.#storage.inbox.append(rows);
    // Another writer completes the same events at this moment: look again, later.
    if (conflict) {
      await allocator.afterConflict();
      throw new UnavailableError('rows were being completed by another writer');
    }
    allocator.committed();
    return { events, rows: [...found, ...rows] };
  }

  async #missing(events: readonly Event[]): Promise<{ found: InboxRow[]; missing: (Delivery & { at: number })[] }> {
    const conversationIds = [...new Set(events.map((event) => event.conversationId))];
    const memberships = await this.#storage.history.memberships(conversationIds);
    const wanted = events.flatMap((event) =>
      recipientsAsOf(memberships, event).map((userId) => ({ userId, ref: event, at: event.at, event })),
    );
    const found = await this.#storage.inbox.find(wanted);
    const have = new Set(found.map((row) => deliveryKey(row.userId, row.ref as EventRef)));
    const absent = wanted.filter(
      ({ userId, ref, event }) => !have.has(deliveryKey(userId, ref)) && !this.#expired(event),
    );
    return { found, missing: await this.#neverWritten(absent) };
  }

  /**
   * Rows of events that are not undelivered were all there: those that are not any more have expired in the inbox store, by a
   * retention that may be another than this process knows of.
   */
  async #neverWritten<Row extends Delivery>(absent: readonly Row[]): Promise<Row[]> {
    if (absent.length === 0 || this.#storage.capabilities.atomic) return [];
    const undelivered = new Set((await this.#storage.history.undelivered()).map(refKey));
    return absent.filter(({ ref }) => undelivered.has(refKey(ref)));
  }

  /** Its rows may have expired, though the process that wrote them died before it could tell the history so. */
  #expired(event: Event): boolean {
    return event.at < this.#clock.now() - this.#retentionMs;
  }
}

interface Completed {
  readonly events: readonly Event[];
  readonly rows: readonly InboxRow[];
}

function deliveryKey(userId: string, ref: EventRef): string {
  return `${userId} ${refKey(ref)}`;
}
