import { type Clock, type NodeId, type UserId } from '@tidemark/core';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { InboxSeq } from '../inbox/inbox-seq.ts';
import type { NodeFrame } from '../notify/node-frame.ts';
import type { Presence } from '../notify/presence.ts';
import type { ServerEventBus } from '../server-events.ts';
import type { Feed } from './feed.ts';
/**
 * The feeds of this node, by user. Part of stage 7. It hands each frame to the feeds it concerns, keeps their users'
 * presence fresh, and every few seconds compares their cursors with the heads, since a frame may have been lost.
 *
 * Keeps   P8 also when frames are lost
 * Proved  test/subscription/feed-hub.test.ts, test/fault/lost-frame.services.test.ts
 */
export declare class FeedHub {
    #private;
    constructor(ports: FeedHubPorts);
    start(): void;
    /** Feeds of the user on this node. */
    count(userId: UserId): number;
    get users(): number;
    /** From here on the feed hears of the user's entries; then its start is read, and it may begin. */
    add(feed: Feed): Promise<void>;
    remove(feed: Feed): Promise<void>;
    deliver(frame: Pick<NodeFrame, 'deliveries'>): void;
    /** Ends every feed with `closing`: sockets are gone by then, but a generator would wait for its caller to go. */
    close(): Promise<void>;
}
export interface FeedHubPorts {
    readonly nodeId: NodeId;
    readonly presence: Presence;
    /** Known once the store is open. */
    readonly seqs: () => InboxSeq;
    readonly reader: InboxReader;
    readonly clock: Clock;
    readonly events: ServerEventBus;
    /** ms a node's presence lasts without renewal. */
    readonly presenceTtl: number;
    /** ms between two comparisons of heads. */
    readonly headsEvery: number;
    /** Users asked about at once. */
    readonly headsPage: number;
}
