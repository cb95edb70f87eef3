import { type Clock, type Cursor, type FeedInfo, type FeedItem, type Random, type ResetReason, type Seq, type UserId } from '@tidemark/core';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { FeedTransport, ServerEventBus } from '../server-events.ts';
import type { SharedEntry } from './shared-entry.ts';
/**
 * Stage   7 subscription
 * In      a cursor; then entries as frames bring them
 * Out     catch-up from the store, then live, with no seam, into a sink
 * Keeps   P8 contiguous: next seq → write, lower → drop, higher → wait a moment, then read the store;
 *         P9 resets are explicit; P11 a full sink stops the feed at its cursor, and nothing queues here
 * Proved  test/subscription/feed.test.ts, test/e2e/two-nodes.services.test.ts, test/fault/slow-consumer.services.test.ts
 *
 * Two modes. `reading`: pages from the store; entries heard meanwhile only raise `heard`. `live`: entries go straight to
 * the sink. It turns live in the same tick in which it has read all it heard of, so nothing falls between.
 */
export declare class Feed {
    #private;
    readonly userId: UserId;
    readonly transport: FeedTransport;
    constructor(userId: UserId, sink: FeedSink, ports: FeedPorts);
    get cursor(): number;
    get isLive(): boolean;
    /**
     * Begins after `seq`, telling the sink of a reset first; `head` is what the catch-up has before it. Call once the hub
     * sends this feed what it hears.
     */
    start(seq: Seq, reset: ResetReason | undefined, head?: Seq): void;
    /** An entry of this user was committed. */
    offer(seq: Seq, entry: SharedEntry): void;
    /** Goes back to the store: something was missed, or may have been. */
    readOn(): void;
    /** The store has nothing at the cursor any more: the sink rebuilds, and the feed goes on from the store's head. */
    startAgain(): void;
    /** Ends the subscription with an error; the client may open another. */
    fail(error: unknown): void;
    close(): void;
}
/** Where a feed writes. Writing never waits: what has been written may queue in the sink until it is no longer `ready`. */
export interface FeedSink {
    readonly transport: FeedTransport;
    item(item: FeedItem, cursor: Cursor): void;
    /** One live entry; the same object for every recipient on this node. */
    entry(seq: Seq, entry: SharedEntry): void;
    ready(): boolean;
    bufferedBytes(): number;
    /** Resolves when `ready` is worth asking again, or `signal` aborts. */
    drained(signal: AbortSignal): Promise<void>;
    /** Ends the subscription with an error. */
    fail(error: unknown): void;
}
export interface FeedPorts {
    readonly reader: InboxReader;
    readonly clock: Clock;
    readonly random: Random;
    readonly events: ServerEventBus;
    /** Told at the beginning of each feed. */
    readonly limits: FeedInfo['limits'];
    /** Entries per page of catch-up, at most. */
    readonly page: number;
    /** ms to wait for an entry that was overtaken, before the store is read. */
    readonly gapPatience: number;
    /** Overtaking entries kept meanwhile. */
    readonly aheadLimit: number;
}
