import { type Clock, type Command, type CommandResult, type NodeId } from '@tidemark/core';
import type { LimitEvents } from '../limit-events.ts';
import type { Reply } from '../notify/node-frame.ts';
import type { IngressStream } from './ingress-stream.ts';
/**
 * Stage   2 ingress
 * In      a command, parsed and authorised
 * Out     an entry in the stream of its partition; the reply of whichever process carried it out
 * Keeps   P2 resolves only with the writer's reply, P11 a full partition refuses, waiting calls are bounded in time, and a
 *         queue that takes too long is not made longer
 * Proved  test/ingress/submission.test.ts, test/e2e/*, test/fault/*
 *
 * A reply is for a command, whichever copy of it was carried out: a caller who tries again is answered by the copy that
 * still stood in the queue. And a partition whose replies take half the time that callers wait refuses new commands until
 * it has caught up. Without either, an overload would never end: receipts would come too late, and what was carried out
 * would be queued again for ever.
 */
export declare class Submission {
    #private;
    constructor(ingress: IngressStream, clock: Clock, options: SubmissionOptions);
    /** Resolves when the command is stored; rejects with a TidemarkError. */
    submit(command: Command): Promise<CommandResult>;
    /** Hands a reply to the calls that wait for it; late and repeated replies are dropped. */
    settle(reply: Reply): void;
    get waiting(): number;
    /** Answers `outcome_unknown` to what still waits. */
    close(): void;
    /** Refuses new commands while replies to earlier ones may still come. */
    refuse(): void;
}
export interface SubmissionOptions {
    readonly nodeId: NodeId;
    readonly partitions: number;
    readonly receiptTimeout: number;
    readonly commandBytes: number;
    readonly limitEvents: LimitEvents;
}
