import { type Cursor, type Epoch, type FeedItem, type Seq } from '@tidemark/core';
import { type TrackedEnvelope } from '@trpc/server';
import type { FeedSink } from './feed.ts';
import type { SharedEntry } from './shared-entry.ts';
/** A feed as a plain generator, for SSE, server-side callers and WebSocket servers that are not attached. Stage 7. */
export declare class GeneratorFeed implements FeedSink {
    #private;
    readonly transport = "generator";
    constructor(epoch: Epoch);
    run(begin: () => void, signal: AbortSignal): AsyncGenerator<TrackedEnvelope<FeedItem>>;
    item(item: FeedItem, cursor: Cursor): void;
    entry(seq: Seq, { event }: SharedEntry): void;
    ready(): boolean;
    bufferedBytes(): number;
    drained(signal: AbortSignal): Promise<void>;
    fail(error: unknown): void;
}
