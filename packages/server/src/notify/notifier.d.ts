import type { NodeId } from '@tidemark/core';
/**
 * Notifier: carries a frame to one node, at most once, in order per sender as a rule. Frames may be lost: everything in
 * them can be read from the store, and the nodes compare heads to find out.
 */
export interface Notifier {
    /** Resolves when the frame was handed over; rejects with UnavailableError when it certainly was not. */
    publish(nodeId: NodeId, frame: string): Promise<void>;
    /** Receives what is published to `nodeId` from when the promise resolves. One listener per notifier. */
    listen(nodeId: NodeId, onFrame: (frame: string) => void): Promise<void>;
}
