import { type Clock, type NodeId, type Seq, TidemarkError, UnavailableError, type UserId } from '@tidemark/core';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { InboxSeq } from '../inbox/inbox-seq.ts';
import type { NodeFrame } from '../notify/node-frame.ts';
import type { Presence } from '../notify/presence.ts';
import type { RetriedStep, ServerEventBus } from '../server-events.ts';
import type { Feed } from './feed.ts';
import type { SharedEntry } from './shared-entry.ts';

/**
 * The feeds of this node, by user. Part of stage 7. It hands each frame to the feeds it concerns, keeps their users'
 * presence fresh, and every few seconds compares their cursors with the heads, since a frame may have been lost.
 *
 * Keeps   P8 also when frames are lost
 * Proved  test/subscription/feed-hub.test.ts, test/fault/lost-frame.services.test.ts
 */
export class FeedHub {
  readonly #options: FeedHubOptions;
  /** Of a user, replaced whole: who goes through them may make one close. */
  readonly #feeds = new Map<UserId, readonly Feed[]>();
  readonly #closing = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #passes = 0;

  constructor(options: FeedHubOptions) {
    this.#options = options;
  }

  start(): void {
    const { presenceTtlMs, headsEveryMs } = this.#options;
    this.#loops = Promise.all([
      this.#every(presenceTtlMs / 3, 'presence', () => this.#renew()),
      this.#every(headsEveryMs, 'heads', () => this.#compareHeads()),
    ]);
  }

  /** Feeds of the user on this node. */
  count(userId: UserId): number {
    return this.#feeds.get(userId)?.length ?? 0;
  }

  /** The oldest feeds of a user who has more than `limit`, as many as are too many. */
  beyond(userId: UserId, limit: number): readonly Feed[] {
    const feeds = this.#feeds.get(userId) ?? [];
    return feeds.slice(0, Math.max(0, feeds.length - limit));
  }

  get users(): number {
    return this.#feeds.size;
  }

  /** Feeds of all users on this node. */
  get size(): number {
    let sum = 0;
    for (const feeds of this.#feeds.values()) sum += feeds.length;
    return sum;
  }

  /** Counts the feed from now on, before anything is awaited: feeds that open together must not all see room. */
  reserve(feed: Feed): void {
    if (this.#closing.signal.aborted) throw closing();
    this.#feeds.set(feed.userId, [...(this.#feeds.get(feed.userId) ?? []), feed]);
    this.#options.events.emit('feed-opened', { userId: feed.userId, transport: feed.transport });
  }

  /** From here on the feed hears of the user's entries; then its start is read, and it may begin. */
  async add(feed: Feed): Promise<void> {
    const { presence, nodeId, presenceTtlMs, events } = this.#options;
    if (this.#closing.signal.aborted) throw closing();
    if (!this.#feeds.get(feed.userId)?.includes(feed)) this.reserve(feed);
    try {
      await presence.join([feed.userId], nodeId, presenceTtlMs);
    } catch (error) {
      // Without presence no frame comes; comparing heads serves the feed until the next renewal registers it.
      if (!(error instanceof UnavailableError)) throw error;
      events.emit('retried', { what: 'presence', attempt: 0, delayMs: presenceTtlMs / 3, error });
    }
  }

  /** Resets every feed, after the store was set back: the cursor of any may be past what the store still has. */
  startAgain(): void {
    for (const feeds of this.#feeds.values()) for (const feed of feeds) feed.startAgain();
  }

  async remove(feed: Feed): Promise<void> {
    const { presence, nodeId, events } = this.#options;
    feed.close();
    const feeds = this.#feeds.get(feed.userId);
    if (!feeds?.includes(feed)) return;
    const others = feeds.filter((other) => other !== feed);
    this.#feeds.set(feed.userId, others);
    events.emit('feed-closed', { userId: feed.userId, transport: feed.transport });
    if (others.length > 0) return;
    this.#feeds.delete(feed.userId);
    if (!this.#closing.signal.aborted) await presence.leave([feed.userId], nodeId).catch(ignoreUnavailable);
    // A feed of the same user may have been added meanwhile, and its presence taken away with ours.
    if (this.#feeds.has(feed.userId))
      await presence.join([feed.userId], nodeId, this.#options.presenceTtlMs).catch(ignoreUnavailable);
  }

  deliver({ deliveries, voids }: Pick<NodeFrame, 'deliveries' | 'voids'>): void {
    for (const { event, to } of deliveries) {
      const entry: SharedEntry = { event };
      for (const [userId, seq] of to) {
        for (const feed of this.#feeds.get(userId) ?? []) {
          try {
            feed.offer(seq, entry);
          } catch (error) {
            // What one transport cannot carry (superjson refuses some keys) ends its feed, and nobody else's.
            feed.fail(error);
          }
        }
      }
    }
    for (const [userId, seq] of voids) for (const feed of this.#feeds.get(userId) ?? []) feed.hear(seq);
  }

  /** Ends every feed with `closing`: sockets are gone by then, but a generator would wait for its caller to go. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loops;
    const users = [...this.#feeds.keys()];
    for (const feeds of this.#feeds.values()) for (const feed of feeds) feed.fail(closing());
    this.#feeds.clear();
    if (users.length > 0) await this.#options.presence.leave(users, this.#options.nodeId).catch(ignoreUnavailable);
  }

  async #renew(): Promise<void> {
    const { presence, nodeId, presenceTtlMs } = this.#options;
    if (this.#feeds.size > 0) await presence.join([...this.#feeds.keys()], nodeId, presenceTtlMs);
  }

  async #compareHeads(): Promise<void> {
    const users = [...this.#feeds.keys()];
    this.#passes += 1;
    for (let start = 0; start < users.length; start += this.#options.headsPage) {
      const page = users.slice(start, start + this.#options.headsPage);
      const standing = this.#standing(page);
      const heads = await this.#heads(page);
      for (const [userId, head] of heads) this.#compare(userId, head);
      const ahead = standing.filter((each) => isAhead(each, heads)).map(({ feed }) => feed.userId);
      if (ahead.length > 0) await this.#askStore([...new Set(ahead)]);
    }
  }

  /**
   * Some feed stands above what was last asked about its user. Either the counter is behind the store, and would number
   * entries that no device accepts: raise it. Or the store itself is behind, since it was restored or has let every row
   * expire: those devices must rebuild, or they would wait for seqs that are given again. Whether it was restored is asked first, since
   * then every feed starts again: one that had done so already would be told twice.
   */
  async #askStore(userIds: readonly UserId[]): Promise<void> {
    const standing = this.#standing(userIds);
    const heads = await this.#options.reader.heads(userIds);
    await this.#options.seqs().raise(heads);
    await this.#options.checkSetBack();
    for (const each of standing) {
      const { feed, resets } = each;
      if (isAhead(each, heads) && feed.isLive && feed.resets === resets) feed.startAgain();
    }
  }

  /** Where the live feeds of these users stand. To be asked before the heads: a feed goes on while these are on their way. */
  #standing(userIds: readonly UserId[]): Standing[] {
    return userIds
      .flatMap((userId) => this.#feeds.get(userId) ?? [])
      .filter((feed) => feed.isLive)
      .map((feed) => ({ feed, cursor: feed.cursor, resets: feed.resets }));
  }

  /**
   * Counters are cheap to ask, and never below what was announced unless they are missing or stale. So the store is asked
   * about the missing ones, and every few passes about all.
   */
  async #heads(userIds: readonly UserId[]): Promise<Map<UserId, Seq>> {
    if (this.#passes % 5 === 0) return this.#options.reader.heads(userIds);
    const heads = await this.#options.seqs().current(userIds);
    const missing = userIds.filter((userId) => !heads.has(userId));
    if (missing.length > 0)
      for (const [userId, head] of await this.#options.reader.heads(missing)) heads.set(userId, head);
    return heads;
  }

  #compare(userId: UserId, head: Seq): void {
    for (const feed of this.#feeds.get(userId) ?? []) {
      if (!feed.isLive || feed.cursor >= head) continue;
      this.#options.events.emit('gap-found', { userId, cursor: feed.cursor, seen: head, by: 'heads' });
      feed.readOn();
    }
  }

  async #every(periodMs: number, what: RetriedStep, step: () => Promise<void>): Promise<void> {
    const { clock, events } = this.#options;
    const { signal } = this.#closing;
    for (let attempt = 0; ; ) {
      await clock.sleep(periodMs, signal);
      if (signal.aborted) return;
      try {
        await step();
        attempt = 0;
      } catch (error) {
        events.emit('retried', { what, attempt: attempt++, delayMs: periodMs, error });
      }
    }
  }
}

export interface FeedHubOptions {
  readonly nodeId: NodeId;
  readonly presence: Presence;
  /** Known once the store is open. */
  readonly seqs: () => InboxSeq;
  readonly reader: InboxReader;
  /** Calls `startAgain` where the store was set back. */
  readonly checkSetBack: () => Promise<unknown>;
  readonly clock: Clock;
  readonly events: ServerEventBus;
  /** ms a node's presence lasts without renewal. */
  readonly presenceTtlMs: number;
  /** ms between two comparisons of heads. */
  readonly headsEveryMs: number;
  /** Users asked about at once. */
  readonly headsPage: number;
}

/** Where a feed stood at one moment. */
interface Standing {
  readonly feed: Feed;
  readonly cursor: number;
  readonly resets: number;
}

function isAhead({ feed, cursor }: Standing, heads: ReadonlyMap<UserId, Seq>): boolean {
  return cursor > (heads.get(feed.userId) ?? cursor);
}

function closing(): TidemarkError {
  return new TidemarkError('closing', 'this process is shutting down');
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof UnavailableError)) throw error;
}
