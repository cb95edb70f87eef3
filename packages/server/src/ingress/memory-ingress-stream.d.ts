import type { IngressStream } from './ingress-stream.ts';
/** The streams of one deployment; what its processes share. Made by {@link createMemoryStreams}. */
export interface MemoryStreams {
    readonly partitions: Map<number, MemoryPartition>;
}
interface MemoryPartition {
    /** What was appended and not yet acknowledged, in order; `read` once some reader was given it. */
    readonly entries: Map<number, {
        readonly body: string;
        read: boolean;
    }>;
    readonly dead: DeadLetter[];
    /** Readers that wait for an entry. */
    readonly waiting: Set<() => void>;
    lastId: number;
}
export interface DeadLetter {
    readonly body: string;
    readonly reason: string;
    /** Milliseconds since 1970. */
    readonly at: number;
}
export declare function createMemoryStreams(): MemoryStreams;
export declare function memoryPartition(streams: MemoryStreams, partition: number): MemoryPartition;
/**
 * IngressStream in memory. A partition holds exactly what is not acknowledged, so whoever opens it begins at its first
 * entry; a reader remembers only how far it has read.
 */
export declare function memoryIngressStream(streams: MemoryStreams, options: {
    backlog: number;
    deadLetters: number;
    now: () => number;
}): IngressStream;
export {};
