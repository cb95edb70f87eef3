import type { Clock, InboxRecord, InboxStore, Seq, UserId } from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';
import type { ServerEventBus } from '../server-events.ts';

/** Voids written at once: a large hole, as a forged counter leaves it, must not hold the store up. */
const CHUNK = 1_000;
/** Users with such a hole that are remembered. */
const REMEMBERED = 1_000;

/**
 * Closes holes. A seq that was allocated and not yet committed is a hole in what readers see; most are filled within
 * milliseconds, and one that a crash left behind is closed with a void after `voidAfterMs`. A writer that comes later finds
 * its seq taken and allocates another. The wait is measured on this node's monotonic clock: wall clocks may disagree.
 *
 * Keeps   P4
 * Proved  test/inbox/inbox-reader.test.ts, test/fault/worker-killed.services.test.ts
 */
export class VoidFiller {
  readonly #inbox: InboxStore;
  readonly #clock: Clock;
  readonly #events: ServerEventBus;
  readonly #voidAfterMs: number;
  /** Where a hole ends that was closed in part: the rest of it has been waited for, too. */
  readonly #overdue = new RecentMap<UserId, Seq>(REMEMBERED);
  readonly #inWork = new Map<UserId, { after: number; done: Promise<void> }>();

  constructor(options: { inbox: InboxStore; clock: Clock; events: ServerEventBus; voidAfterMs: number }) {
    this.#inbox = options.inbox;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#voidAfterMs = options.voidAfterMs;
  }

  /**
   * Resolves when seq after + 1 of the user is filled, by its writer or with a void. A later seq must be there. Of a large hole
   * at most CHUNK seqs are closed.
   */
  fill(userId: UserId, after: number): Promise<void> {
    const inWork = this.#inWork.get(userId);
    if (inWork?.after === after) return inWork.done;
    const done = this.#fill(userId, after).finally(() => {
      if (this.#inWork.get(userId)?.done === done) this.#inWork.delete(userId);
    });
    this.#inWork.set(userId, { after, done });
    return done;
  }

  async #fill(userId: UserId, after: number): Promise<void> {
    const deadline = this.#clock.monotonic() + this.#voidAfterMs;
    for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 100)) {
      const [next] = await this.#inbox.range(userId, after, 1);
      if (!isHole(next, after)) return;
      if (this.#clock.monotonic() >= deadline || this.#overdue.get(userId) === next.seq) {
        const missing = next.seq - after - 1;
        const seqs = Array.from({ length: Math.min(missing, CHUNK) }, (_, index) => (after + 1 + index) as Seq);
        if (missing > CHUNK) this.#overdue.put(userId, next.seq);
        const written = await this.#inbox.fillVoids(userId, seqs, this.#clock.now());
        if (written.length > 0) this.#events.emit('void-written', { userId, seqs: written });
        return;
      }
      await this.#clock.sleep(Math.min(waitMs, Math.max(1, deadline - this.#clock.monotonic())));
    }
  }
}

function isHole(next: InboxRecord | undefined, after: number): next is InboxRecord {
  return next !== undefined && next.seq > after + 1;
}
