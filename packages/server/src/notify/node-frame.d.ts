import { type CommandResult, type Event, type Seq, TidemarkError, type UserId } from '@tidemark/core';
/** What one node is told after a commit: events for the feeds it holds, and replies for the calls that wait on it. */
export interface NodeFrame {
    readonly deliveries: readonly NodeDelivery[];
    readonly replies: readonly Reply[];
}
/** An event with the seq at which each of this node's users finds it. The body travels once per node. */
export interface NodeDelivery {
    readonly event: Event;
    readonly to: readonly (readonly [UserId, Seq])[];
}
export type Reply = {
    readonly call: string;
    readonly result: CommandResult;
} | {
    readonly call: string;
    readonly error: TidemarkError;
};
export declare function encodeNodeFrame(frame: NodeFrame): string;
/**
 * Reads a frame, and trusts nothing in its shape: whoever can publish in Redis can send anything here, and a feed shows what a
 * frame holds. What it claims to be stored is believed, but nobody is shown a conversation whose id does not name them.
 * Throws on what is not a frame; the caller drops it, since feeds find out by comparing heads.
 */
export declare function decodeNodeFrame(text: string): NodeFrame;
