import type { NodeId } from '@tidemark/core';
import type { Notifier } from './notifier.ts';
/** Who listens for which node; what the processes of a deployment share. */
export type MemoryListeners = Map<NodeId, (frame: string) => void>;
/**
 * Notifier in memory. Frames arrive after `publish` returned, as from another process; one for a node that nobody
 * listens for is lost.
 */
export declare function memoryNotifier(listeners: MemoryListeners): Notifier & {
    close(): void;
};
