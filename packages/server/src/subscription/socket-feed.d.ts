import type { Cursor, FeedItem, Seq } from '@tidemark/core';
import type { AttachedSocket } from './attached-socket.ts';
import type { FeedSink } from './feed.ts';
import type { SharedEntry } from './shared-entry.ts';
/** A feed over an attached socket: the sink, and the generator that tRPC iterates. Stage 7. */
export declare class SocketFeed implements FeedSink {
    #private;
    readonly transport = "socket";
    constructor(socket: AttachedSocket);
    /** Yields one token, which the socket keeps to itself; then lasts until the client stops, or the feed fails. */
    run(begin: () => void, signal: AbortSignal): AsyncGenerator<string>;
    item(item: FeedItem, cursor: Cursor): void;
    entry(seq: Seq, entry: SharedEntry): void;
    ready(): boolean;
    bufferedBytes(): number;
    drained(signal: AbortSignal): Promise<void>;
    fail(error: unknown): void;
}
