import {
  type Cursor,
  type Epoch,
  type FeedItem,
  formatCursor,
  type InboxEntry,
  type InboxPage,
  parseCursor,
  type Seq,
} from '@tidemark/core';
import {
  type SyncBounds,
  type SyncEffect,
  type SyncReport,
  type SyncState,
  startSync,
  syncStep,
} from '../../src/sync/sync-state.ts';

interface Frame {
  readonly id: Cursor;
  readonly item: FeedItem;
}

/**
 * A model of everything around the pure state machine: a server with one inbox, a network that may reorder, repeat, drop and
 * hold back frames, and a local store whose transactions may fail. It checks at every step what must never happen.
 */
export class SyncWorld {
  // The server.
  epoch = 'e1' as Epoch;
  floor = 0;
  entries: InboxEntry[] = [];
  readonly #epochOf = new WeakMap<InboxEntry, Epoch>();
  /** Position of the live subscription; null while there is none. */
  feed: number | null = null;
  lastEventId: Cursor | null = null;
  frames: Frame[] = [];

  // The local store: the entries applied since the last snapshot (or ever), and the cursor.
  local: { epoch: Epoch; snapshot: number; applied: InboxEntry[]; cursor: Cursor | null; partial: boolean } = {
    epoch: 'e1' as Epoch,
    snapshot: 0,
    applied: [],
    cursor: null,
    partial: false,
  };

  // The client.
  state: SyncState;
  readonly reports: SyncReport[] = [];
  /** Effects under way, whose outcome has not been told yet. */
  pending: (Extract<SyncEffect, { type: 'pull' | 'apply' | 'snapshot' }> & {
    readonly answer?: InboxPage;
    readonly begun?: boolean;
  })[] = [];
  subscribing: Extract<SyncEffect, { type: 'subscribe' }> | null = null;
  readonly #bounds: SyncBounds;
  /** Generation of the last snapshot in the local store. */
  #snapshotOf = 0;

  constructor(bounds: SyncBounds) {
    this.#bounds = bounds;
    this.state = this.#take(startSync(null, bounds));
  }

  get head(): number {
    return this.floor + this.entries.length;
  }

  // ── What the server and the network do ───────────────────────────────────────────────────────────────────────────

  append(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const entry: InboxEntry = { seq: (this.head + 1) as Seq, event: null };
      this.#epochOf.set(entry, this.epoch);
      this.entries.push(entry);
      if (this.feed === null) continue;
      this.#push({ type: 'entries', entries: [entry] }, entry.seq);
      this.feed = entry.seq;
    }
  }

  /** Another store: everything before is gone, and every connection with it. */
  newEpoch(head: number): void {
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}` as Epoch;
    this.floor = head;
    this.entries = [];
    this.disconnect();
  }

  /** Retention removes the oldest half. */
  purge(): void {
    const removed = this.entries.splice(0, Math.floor(this.entries.length / 2));
    this.floor += removed.length;
  }

  deliver(index: number, how: 'once' | 'twice' | 'never'): void {
    const [frame] = this.frames.splice(index % Math.max(1, this.frames.length), 1);
    if (!frame || how === 'never') return;
    if (how === 'twice') this.frames.push(frame);
    if (!this.state.connected) return;
    this.lastEventId = frame.id;
    this.#input({ type: 'item', ...parseCursor(frame.id), item: frame.item });
  }

  /** The socket is lost; frames on their way may still turn up later, except those that open a new world. */
  disconnect(): void {
    this.feed = null;
    this.frames = this.frames.filter((frame) => frame.item.type === 'entries');
    if (this.state.connected) this.#input({ type: 'disconnected' });
  }

  /** The link reconnects and resumes the subscription by itself, from the last id it delivered. */
  reconnect(): void {
    if (this.state.connected || this.subscribing || this.feed !== null) return;
    this.#open(this.lastEventId);
  }

  /** A subscription error: final, it has to be made anew. */
  endFeed(): void {
    if (this.subscribing) return;
    this.feed = null;
    this.frames = [];
    this.#input({ type: 'feed-ended' });
  }

  subscribe(): void {
    const effect = this.subscribing;
    if (!effect) return;
    this.subscribing = null;
    this.lastEventId = effect.cursor;
    this.#open(effect.cursor);
  }

  // ── What becomes of effects ──────────────────────────────────────────────────────────────────────────────────────

  finish(index: number, ok: boolean): void {
    const [effect] = this.pending.splice(index % Math.max(1, this.pending.length), 1);
    if (!effect) return;
    if (effect.type === 'apply') {
      if (ok) this.#commit(effect.entries, effect.cursor);
      this.#input({ type: ok ? 'applied' : 'apply-failed' });
    } else if (effect.type === 'snapshot') {
      const { generation } = effect;
      const { epoch, seq } = parseCursor(effect.cursor);
      // One that was superseded may have begun its transaction before; never after that of the one that took its place.
      const isLatest = generation > this.#snapshotOf || (generation === this.#snapshotOf && this.local.partial);
      if (ok && isLatest && this.local.cursor === null && !effect.begun) {
        // A new device: the first page is committed, without the cursor.
        this.#snapshotOf = generation;
        this.local = { epoch, snapshot: seq, applied: [], cursor: null, partial: true };
        this.pending.push({ ...effect, begun: true });
        return;
      }
      if (ok && isLatest) {
        this.#snapshotOf = generation;
        this.local = { epoch, snapshot: seq, applied: [], cursor: effect.cursor, partial: false };
      }
      this.#input({ type: ok ? 'snapshot-done' : 'snapshot-failed', generation });
    } else {
      const { generation } = effect;
      if (!ok) this.#input({ type: 'pull-failed', generation });
      else {
        const page = effect.answer ?? this.#since(effect.cursor);
        this.#input({ type: 'page', generation, page, ...parseCursor(page.cursor) });
      }
    }
  }

  /** The process dies, with what was under way; an apply under way may or may not have been committed. */
  restart(committed: boolean): void {
    const apply = this.pending.find((effect) => effect.type === 'apply');
    if (apply?.type === 'apply' && committed) this.#commit(apply.entries, apply.cursor);
    this.pending = [];
    this.frames = [];
    this.feed = null;
    this.#snapshotOf = 0;
    this.lastEventId = null;
    this.state = this.#take(
      startSync(this.local.cursor === null ? null : parseCursor(this.local.cursor), this.#bounds),
    );
  }

  /** From here on everything works: what is on its way arrives in order, what is asked is answered. */
  settle(): void {
    for (let round = 0; round < 10_000; round += 1) {
      if (this.subscribing) this.subscribe();
      else if (!this.state.connected) this.reconnect();
      else if (this.frames.length > 0) this.deliver(0, 'once');
      else if (this.pending.length > 0) this.finish(0, true);
      else return;
    }
    throw new Error(`it did not come to rest: ${JSON.stringify({ ...this.state, queue: this.state.queue.length })}`);
  }

  #open(cursor: Cursor | null): void {
    const reason = this.#resetReason(cursor);
    const from = reason || cursor === null ? this.head : parseCursor(cursor).seq;
    this.#input({ type: 'connected' });
    if (reason) this.#push({ type: 'reset', reason, cursor: formatCursor(this.epoch, this.head) }, this.head);
    const missed = this.entries.slice(from - this.floor);
    for (let start = 0; start < missed.length; start += 3) {
      const entries = missed.slice(start, start + 3);
      this.#push({ type: 'entries', entries }, (entries.at(-1) as InboxEntry).seq);
    }
    this.#push({ type: 'live', cursor: formatCursor(this.epoch, this.head) }, this.head);
    this.feed = this.head;
  }

  #resetReason(cursor: Cursor | null): 'new' | 'epoch' | 'floor' | 'ahead' | null {
    if (cursor === null) return 'new';
    const { epoch, seq } = parseCursor(cursor);
    if (epoch !== this.epoch) return 'epoch';
    if (seq < this.floor) return 'floor';
    return seq > this.head ? 'ahead' : null;
  }

  #since(cursor: Cursor): InboxPage {
    const reason = this.#resetReason(cursor);
    if (reason) return { type: 'reset', reason, cursor: formatCursor(this.epoch, this.head) };
    const from = parseCursor(cursor).seq - this.floor;
    const entries = this.entries.slice(from, from + 4);
    const last = this.floor + from + entries.length;
    return { type: 'entries', entries, cursor: formatCursor(this.epoch, last), hasMore: last < this.head };
  }

  #push(item: FeedItem, seq: number): void {
    this.frames.push({ id: formatCursor(this.epoch, seq), item });
  }

  // ── What must never happen ───────────────────────────────────────────────────────────────────────────────────────

  #commit(entries: readonly InboxEntry[], cursor: Cursor): void {
    const { epoch, seq } = parseCursor(cursor);
    if (this.local.partial) throw new Error('entries were applied onto a snapshot of which only a part is here');
    // A reset makes what is applied meanwhile worthless; a snapshot follows before anything else is applied.
    if (epoch !== this.local.epoch)
      throw new Error(`entries of ${epoch} were applied onto data of ${this.local.epoch}`);
    let next = this.local.snapshot + this.local.applied.length;
    for (const entry of entries) {
      next += 1;
      if (entry.seq !== next) throw new Error(`entry ${entry.seq} was applied where ${next} follows`);
      if (this.#epochOf.get(entry) !== epoch) throw new Error(`an entry of another epoch was applied at ${entry.seq}`);
    }
    if (seq !== next) throw new Error(`the cursor went to ${seq}, the data to ${next}`);
    this.local = { ...this.local, applied: [...this.local.applied, ...entries], cursor };
  }

  #input(input: Parameters<typeof syncStep>[1]): void {
    this.state = this.#take(syncStep(this.state, input));
  }

  #take(step: { state: SyncState; effects: readonly SyncEffect[] }): SyncState {
    for (const effect of step.effects) {
      if (effect.type === 'report') this.reports.push(effect.event);
      else if (effect.type === 'subscribe') {
        this.subscribing = effect;
        this.feed = null;
        this.frames = [];
      } else {
        const busy = this.pending.filter(
          (other) =>
            other.type === 'apply' || (other.type === 'snapshot' && other.generation === step.state.generation),
        );
        if (effect.type !== 'pull' && busy.length > 0) {
          throw new Error(`${effect.type} was started while ${busy[0]?.type} was under way`);
        }
        // Some answers are on their way for long, and were true when they were given.
        if (effect.type === 'pull' && this.head % 2 === 0) {
          this.pending.push({ ...effect, answer: this.#since(effect.cursor) });
        } else this.pending.push(effect);
      }
    }
    const { queue, bounds, cursor, tail, ahead } = step.state;
    if (step.effects.some(({ type }) => type === 'pull') && queue.length > bounds.queue / 2) {
      throw new Error('entries were asked for that there is no room for');
    }
    if (queue.length > bounds.queue + bounds.batch) throw new Error('the queue outgrew its bound');
    if (!step.state.reset && step.state.epoch === this.local.epoch && step.state.epoch !== null) {
      const reached = this.local.snapshot + this.local.applied.length;
      if (cursor > reached) throw new Error(`the cursor ${cursor} is ahead of the data ${reached}`);
    }
    if (tail > ahead) throw new Error('the tail is ahead of what is known to exist');
    return step.state;
  }
}
