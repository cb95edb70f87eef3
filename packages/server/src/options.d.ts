import { type Clock, type ContentSchemas, type HistoryStore, type InboxStore, type Limits, type NodeId, type Random, type Storage } from '@tidemark/core';
import { z } from 'zod';
import type { Backplane } from './backplane.ts';
import type { RedisClient } from './redis/client.ts';
/** What `createMessaging` takes. Everything but `content` and `storage` has a default; all are checked at start. */
export interface MessagingOptions<Schemas extends ContentSchemas> {
    /** Content kinds: name → Standard Schema whose output is a JSON object. */
    readonly content: Schemas;
    /** A storage with both roles, or one store for each. */
    readonly storage: Storage | {
        readonly history: HistoryStore;
        readonly inbox: InboxStore;
    };
    /** An ioredis client or cluster of the application, when there are several processes. Absent: this is the only one. */
    readonly redis?: RedisClient | undefined;
    /** A backplane of one's own in place of `redis`. */
    readonly backplane?: Backplane | undefined;
    /** Whether this process also writes partitions. Default true; false makes it a gateway only. */
    readonly worker?: boolean | undefined;
    /** Prefix of every Redis key. Default `tm:`. The same in every process of a deployment. */
    readonly keyPrefix?: string | undefined;
    /** Streams the conversations are spread over, 1–256. Default 8. The same in every process; drain before changing it. */
    readonly partitions?: number | undefined;
    readonly limits?: Partial<Limits> | undefined;
    /**
     * ms for which inbox entries are kept, as long as a device may stay away without a snapshot. Default: what an inbox store
     * that expires entries by itself was given, such as `mongoInbox({ retention })`; with any other 14 days.
     */
    readonly retention?: number | undefined;
    /** ms a send waits for its receipt before it fails with `outcome_unknown`. Default 10,000. */
    readonly receiptTimeout?: number | undefined;
    /** ms an allocated seq may stay unfilled before readers close it with a void. Default 2,000. */
    readonly voidAfter?: number | undefined;
    /** ms after which a silent worker has lost its partitions. Default 3,000. */
    readonly leaseTtl?: number | undefined;
    /** Commands of one batch at most. Default 200. */
    readonly batch?: number | undefined;
    /** Commands a partition may hold before `overloaded`. Default 10,000. */
    readonly backlog?: number | undefined;
    /** Dead letters kept per partition. Default 1,000. */
    readonly deadLetters?: number | undefined;
    /** Times a command that fails as a defect is tried before it is parked. Default 5. */
    readonly attempts?: number | undefined;
    /** ms between two comparisons of the feeds' cursors with the heads. Default 3,000. */
    readonly headsEvery?: number | undefined;
    /** ms a node's presence lasts without renewal. Default 30,000. */
    readonly presenceTtl?: number | undefined;
    /** ms `close` waits for commands in work. Default 5,000. */
    readonly drainTimeout?: number | undefined;
    /**
     * ms after which `close` resolves although something is still under way, such as a call of the storage that hangs; the
     * event `close-timed-out` says what. Nothing acknowledged is lost: other workers carry out what is queued. Default 10,000.
     */
    readonly closeTimeout?: number | undefined;
    /** Name of this process, 1–64 letters, digits or `-`, unique among those alive. Default: random. */
    readonly nodeId?: string | undefined;
    readonly clock?: Clock | undefined;
    readonly random?: Random | undefined;
}
declare const settings: z.ZodObject<{
    worker: z.ZodDefault<z.ZodBoolean>;
    keyPrefix: z.ZodDefault<z.ZodString>;
    partitions: z.ZodDefault<z.ZodNumber>;
    limits: z.ZodDefault<z.ZodPipe<z.ZodObject<{
        contentBytes: z.ZodDefault<z.ZodNumber>;
        commandBytes: z.ZodOptional<z.ZodNumber>;
        inboxMembers: z.ZodDefault<z.ZodNumber>;
        page: z.ZodDefault<z.ZodNumber>;
        pageBytes: z.ZodDefault<z.ZodNumber>;
        unread: z.ZodDefault<z.ZodNumber>;
        frameBytes: z.ZodDefault<z.ZodNumber>;
        callsPerSecond: z.ZodDefault<z.ZodNumber>;
        callBurst: z.ZodDefault<z.ZodNumber>;
        feedsPerUser: z.ZodDefault<z.ZodNumber>;
        socketBufferBytes: z.ZodDefault<z.ZodNumber>;
        slowSocketGraceMs: z.ZodDefault<z.ZodNumber>;
        parametersBytes: z.ZodDefault<z.ZodNumber>;
        callsPerFrame: z.ZodDefault<z.ZodNumber>;
        callsUnderWay: z.ZodDefault<z.ZodNumber>;
        inputBytes: z.ZodDefault<z.ZodNumber>;
        inputAnnotations: z.ZodDefault<z.ZodNumber>;
        inputReferences: z.ZodDefault<z.ZodNumber>;
        inputEntries: z.ZodDefault<z.ZodNumber>;
        sockets: z.ZodDefault<z.ZodNumber>;
        unidentifiedSockets: z.ZodDefault<z.ZodNumber>;
        socketsPerAddress: z.ZodOptional<z.ZodNumber>;
        socketsPerUser: z.ZodDefault<z.ZodNumber>;
    }, z.core.$strict>, z.ZodTransform<Limits, {
        contentBytes: number;
        inboxMembers: number;
        page: number;
        pageBytes: number;
        unread: number;
        frameBytes: number;
        callsPerSecond: number;
        callBurst: number;
        feedsPerUser: number;
        socketBufferBytes: number;
        slowSocketGraceMs: number;
        parametersBytes: number;
        callsPerFrame: number;
        callsUnderWay: number;
        inputBytes: number;
        inputAnnotations: number;
        inputReferences: number;
        inputEntries: number;
        sockets: number;
        unidentifiedSockets: number;
        socketsPerUser: number;
        commandBytes?: number | undefined;
        socketsPerAddress?: number | undefined;
    }>>>;
    retention: z.ZodDefault<z.ZodNumber>;
    receiptTimeout: z.ZodDefault<z.ZodNumber>;
    voidAfter: z.ZodDefault<z.ZodNumber>;
    leaseTtl: z.ZodDefault<z.ZodNumber>;
    batch: z.ZodDefault<z.ZodNumber>;
    backlog: z.ZodDefault<z.ZodNumber>;
    deadLetters: z.ZodDefault<z.ZodNumber>;
    attempts: z.ZodDefault<z.ZodNumber>;
    headsEvery: z.ZodDefault<z.ZodNumber>;
    presenceTtl: z.ZodDefault<z.ZodNumber>;
    drainTimeout: z.ZodDefault<z.ZodNumber>;
    closeTimeout: z.ZodDefault<z.ZodNumber>;
    nodeId: z.ZodOptional<z.ZodString>;
}, z.core.$strict>;
export type Settings = Omit<z.output<typeof settings>, 'nodeId'> & {
    readonly nodeId: NodeId;
    readonly clock: Clock;
    readonly random: Random;
};
/** Fills in the defaults. Throws `invalid_input` that names the field and its rule. */
export declare function parseOptions<Schemas extends ContentSchemas>(options: MessagingOptions<Schemas>): {
    settings: Settings;
    storage: Storage;
};
export {};
