import type { NodeId } from '@tidemark/core';
import type { Notifier } from './notifier.ts';

/** Who listens for which node; what the processes of a deployment share. */
export type MemoryListeners = Map<NodeId, (frame: string) => void>;

/**
 * Notifier in memory. Frames arrive after `publish` returned, as from another process; one for a node that nobody
 * listens for is lost.
 */
export function memoryNotifier(listeners: MemoryListeners): Notifier & { close(): void } {
  let listening: { nodeId: NodeId; onFrame: (frame: string) => void } | undefined;
  const close = (): void => {
    if (listening && listeners.get(listening.nodeId) === listening.onFrame) listeners.delete(listening.nodeId);
    listening = undefined;
  };
  return {
    publish: async (nodeId, frame) => {
      queueMicrotask(() => listeners.get(nodeId)?.(frame));
    },
    listen: async (nodeId, onFrame) => {
      close();
      listening = { nodeId, onFrame };
      listeners.set(nodeId, onFrame);
    },
    close,
  };
}
