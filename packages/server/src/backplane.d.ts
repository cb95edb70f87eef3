import type { Epoch } from '@tidemark/core';
import type { InboxSeq } from './inbox/inbox-seq.ts';
import type { IngressStream } from './ingress/ingress-stream.ts';
import type { Nodes } from './notify/nodes.ts';
import type { Notifier } from './notify/notifier.ts';
import type { Presence } from './notify/presence.ts';
import type { PartitionLeases } from './transfer/partition-leases.ts';
import type { Refusals } from './transfer/refusals.ts';
/**
 * Everything the processes of a deployment share beside the store: queue, counters and switchboard. On Redis for several
 * processes, in memory for one. Nothing in it is the only home of anything acknowledged.
 */
export interface Backplane {
    readonly ingress: IngressStream;
    readonly leases: PartitionLeases;
    readonly refusals: Refusals;
    /** The counters of one inbox store. */
    inboxSeq(epoch: Epoch): InboxSeq;
    readonly nodes: Nodes;
    readonly presence: Presence;
    readonly notifier: Notifier;
    /** Closes connections it opened itself; never the one the application handed in. */
    close(): Promise<void>;
}
/** What every backplane is made with. */
export interface BackplaneOptions {
    readonly partitions: number;
    /** Entries a partition may hold before `append` refuses. */
    readonly backlog: number;
    /** Dead letters kept per partition; the oldest are dropped beyond. */
    readonly deadLetters: number;
}
