import { type Event, type InboxRow, type NodeId } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';
import { type NodeFrame, type Reply } from './node-frame.ts';
import type { Notifier } from './notifier.ts';
import type { Presence } from './presence.ts';
/** What a batch has to tell. */
export interface News {
    readonly events: readonly Event[];
    /** Of these events. */
    readonly rows: readonly InboxRow[];
    readonly replies: readonly (Reply & {
        readonly to: NodeId;
    })[];
}
/**
 * Stage   6 notify
 * In      committed events with their rows, and replies to the commands' senders
 * Out     one frame per node that holds a recipient or waits for a reply
 * Keeps   P6: called after the commit only; nothing in a frame is news to the store
 * Proved  test/notify/announcement.test.ts, test/fault/lost-frame.services.test.ts
 *
 * Best effort, and never the writer's concern: what it announces is stored, whatever fails here, a defect included, is
 * reported and passed over. A frame that is lost is found out by comparing heads, a reply by the sender's outbox. The
 * presence of recipients is asked after the commit: a feed opened before then has registered or will read the committed
 * rows itself.
 */
export declare class Announcement {
    #private;
    constructor(options: {
        presence: Presence;
        notifier: Notifier;
        events: ServerEventBus;
        nodeId: NodeId;
        /** Where frames for this very node go, without a detour. */
        deliverHere: (frame: NodeFrame) => void;
    });
    /** Resolves when every node has been told, or could not be; never rejects. */
    announce(partition: number, { events, rows, replies }: News): Promise<void>;
}
