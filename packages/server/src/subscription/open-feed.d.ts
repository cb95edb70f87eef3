import { type Epoch, type Limits, type Seq, type UserId } from '@tidemark/core';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { AttachedSocket } from './attached-socket.ts';
import { type FeedPorts } from './feed.ts';
import type { FeedHub } from './feed-hub.ts';
/** Opens a feed after a cursor, on an attached socket or as a plain generator. */
export type OpenFeed = (userId: UserId, cursor: {
    epoch: Epoch;
    seq: Seq;
} | undefined, socket: AttachedSocket | undefined, signal: AbortSignal) => AsyncGenerator<unknown>;
/** Stage 7, from the procedure's side: the hub hears first, then the start is read, then the feed begins. */
export declare function createOpenFeed(options: {
    hub: FeedHub;
    reader: InboxReader;
    ports: FeedPorts;
    limits: Limits;
    limitEvents: LimitEvents;
}): OpenFeed;
