import type { RedisCalls } from '../redis/redis-calls.ts';
import type { PartitionReader, StreamEntry } from './ingress-stream.ts';
import type { RedisStreamReads } from './redis-stream-reads.ts';
/**
 * Reads a partition with plain XREAD, not through a consumer group. A group shares entries out among readers; here one
 * reader is to see all of them, in order, even while another one wrongly believes that the partition is still its own.
 * In a group that other one (a process that stood still, or a connection that the server still thinks is open) would be
 * given entries that nobody carries out, and two owners would each carry out a part, out of order. Since an entry is
 * deleted when it is acknowledged, the stream is the list of what is pending, and whoever opens it begins at its start.
 *
 * What the group would know, and is not known here, is whether an entry was read before. Everything that was in the stream
 * when the reader opened it is said to be `redelivered`: it may have been.
 *
 * Reading begins at the start again whenever this reader holds no entry, and after every failure: so entries that come back
 * below its position (a replica that took over had not seen them deleted; the stream was wiped) are found.
 */
export declare class RedisPartitionReader implements PartitionReader {
    #private;
    constructor(port: ReaderPorts);
    read(limit: number, signal: AbortSignal): Promise<StreamEntry[]>;
    acknowledge(ids: readonly string[]): Promise<void>;
    park(entry: StreamEntry, reason: string): Promise<void>;
    close(): Promise<void>;
}
export interface ReaderPorts {
    readonly calls: RedisCalls;
    readonly reads: RedisStreamReads;
    /** Key of the stream. */
    readonly commands: string;
    /** Key of the dead letters. */
    readonly dead: string;
    readonly deadLetters: number;
    readonly onClose: () => Promise<void>;
}
