import {
  type Epoch,
  type Event,
  type EventRef,
  type InboxEntry,
  type InboxRecord,
  type ResetReason,
  type Seq,
  type Storage,
  type UserId,
} from '@tidemark/core';
import type { VoidFiller } from './void-filler.ts';

/**
 * Reads inboxes for `inbox.since` and for feeds: only contiguous entries leave here, and a cursor that cannot be
 * continued from is told so.
 *
 * Keeps   P4 holes are waited for, then closed; P6 only what the store holds; P9 no silent truncation
 * Proved  test/inbox/inbox-reader.test.ts
 */
export class InboxReader {
  readonly #storage: Storage;
  readonly #voids: VoidFiller;

  constructor(storage: Storage, voids: VoidFiller) {
    this.#storage = storage;
    this.#voids = voids;
  }

  get epoch(): Epoch {
    return this.#storage.inbox.epoch;
  }

  async head(userId: UserId): Promise<Seq> {
    return (await this.heads([userId])).get(userId) ?? (0 as Seq);
  }

  async heads(userIds: readonly UserId[]): Promise<Map<UserId, Seq>> {
    const bounds = await this.#storage.inbox.bounds(userIds);
    return new Map([...bounds].map(([userId, { head }]) => [userId, head]));
  }

  /** Where to continue from: the cursor's own seq, or the head with the reason why the cursor cannot be used. */
  async start(userId: UserId, cursor: { epoch: Epoch; seq: Seq } | undefined): Promise<Start> {
    const { floor, head } = (await this.#storage.inbox.bounds([userId])).get(userId) ?? { floor: 0 as Seq, head: 0 as Seq };
    if (!cursor) return { seq: head, reset: 'new' };
    if (cursor.epoch !== this.epoch) return { seq: head, reset: 'epoch' };
    if (cursor.seq < floor) return { seq: head, reset: 'floor' };
    if (cursor.seq > head) return { seq: head, reset: 'ahead' };
    return { seq: cursor.seq, reset: undefined };
  }

  /**
   * Entries after `after`, contiguous, at most `limit`; empty when there are none. Waits for a hole at the very start to
   * be filled or closed. `floor`: retention has overtaken `after`.
   */
  async after(userId: UserId, after: number, limit: number): Promise<InboxEntry[] | 'floor'> {
    for (;;) {
      const records = contiguous(await this.#storage.inbox.range(userId, after, limit), after);
      if (records === undefined) {
        const floor = (await this.#storage.inbox.bounds([userId])).get(userId)?.floor ?? 0;
        if (after < floor) return 'floor';
        await this.#voids.fill(userId, after);
        continue;
      }
      return this.#resolve(records);
    }
  }

  async #resolve(records: readonly InboxRecord[]): Promise<InboxEntry[]> {
    const refs = records.flatMap((record) => (record.ref && !record.event ? [record.ref] : []));
    const events = new Map<string, Event>();
    if (refs.length > 0) {
      for (const event of await this.#storage.history.findByRef(refs)) events.set(keyOf(event), event);
    }
    return records.map(({ seq, ref, event }) => {
      if (!ref) return { seq, event: null };
      const resolved = event ?? events.get(keyOf(ref));
      if (!resolved) throw new Error(`inbox entry ${seq} refers to ${ref.conversationId}/${ref.conversationSeq}, which history lacks`);
      return { seq, event: resolved };
    });
  }
}

export interface Start {
  readonly seq: Seq;
  readonly reset: ResetReason | undefined;
}

/** The records up to the first hole; undefined when the hole is at the start. */
function contiguous(records: readonly InboxRecord[], after: number): readonly InboxRecord[] | undefined {
  const hole = records.findIndex((record, index) => record.seq !== after + 1 + index);
  if (hole === 0) return undefined;
  return hole === -1 ? records : records.slice(0, hole);
}

function keyOf(ref: EventRef): string {
  return `${ref.conversationSeq} ${ref.conversationId}`;
}
