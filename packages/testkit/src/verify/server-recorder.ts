import type { CommitBatch, ConversationId, ConversationSeq, Storage } from '@tidemark/core';
import { type HistoryWriter, historyWriter, monotonicNow } from './history-writer.ts';

/** Names of the server's events that a history holds; those of each batch are told by its commits already. */
const EVENTS = [
  'retried',
  'conflicted',
  'repeated',
  'rejected',
  'dead-lettered',
  'set-aside',
  'store-failed',
  'store-recovered',
  'store-set-back',
  'deployment-refused',
  'takeover',
  'released',
  'counters-restored',
  'counters-raised',
  'completed',
  'void-written',
  'publish-failed',
  'feed-opened',
  'feed-closed',
  'feed-reset',
  'gap-found',
  'slow-consumer',
  'purged',
  'rate-limited',
  'listener-failed',
] as const;

const MEMORY_EVERY_MS = 2_000;

/** What a server's own process tells the history: wrap its storage and notifier before messaging is created on them. */
export interface ServerRecorder {
  /** The same storage; what becomes of each commit is recorded before its caller learns it. */
  storage(storage: Storage): Storage;
  /** The same backplane; frames are recorded when they have left for a node. */
  backplane<B extends { readonly notifier: Notifier }>(backplane: B): B;
  /** Records what messaging tells of itself, and how much memory the process holds. */
  listen(messaging: { on(name: never, listener: (payload: never) => void): unknown }, sockets: () => number): void;
}

interface Notifier {
  publish(nodeId: never, frame: string): Promise<void>;
  listen(nodeId: never, onFrame: (frame: string) => void): Promise<void>;
}

/** @param name the same in every life of the server, e.g. `server 0` @param folder that of the run */
export function recordServer(name: string, folder: string): ServerRecorder {
  const history = historyWriter(folder, name);
  return {
    storage: (storage) => recordingStorage(storage, history),
    backplane: (backplane) => {
      const { notifier } = backplane;
      return {
        ...backplane,
        notifier: {
          listen: (nodeId: never, onFrame: (frame: string) => void) => notifier.listen(nodeId, onFrame),
          publish: async (nodeId: never, frame: string) => {
            const events = eventsIn(frame);
            // Before it leaves: once it has, others may act on it, and this process may be dead.
            if (events.length > 0) history.write({ type: 'publish', events });
            await notifier.publish(nodeId, frame);
          },
        },
      };
    },
    listen: (messaging, sockets) => {
      for (const event of EVENTS) {
        messaging.on(event as never, (payload: unknown) =>
          history.write({ type: 'server-event', event, payload: plain(payload) }),
        );
      }
      setInterval(() => {
        // What is still in use, without what only waits to be collected.
        (globalThis as { gc?: () => void }).gc?.();
        const { heapUsed, external } = process.memoryUsage();
        history.write({ type: 'memory', heldBytes: heapUsed + external, sockets: sockets() });
      }, MEMORY_EVERY_MS).unref();
    },
  };
}

function recordingStorage(storage: Storage, history: HistoryWriter): Storage {
  const tell = (batch: CommitBatch, startedAt: number, outcome: 'stored' | 'conflict' | 'failed'): void => {
    const events = batch.events.map(({ conversationId, conversationSeq, commandId, ...event }) => ({
      ...{ conversationId, conversationSeq, commandId },
      ...('messageId' in event && { messageId: event.messageId }),
    }));
    if (events.length > 0) history.write({ type: 'commit', events, outcome, startedAt });
  };
  return {
    ...storage,
    commit: async (batch) => {
      const startedAt = monotonicNow();
      try {
        const outcome = await storage.commit(batch);
        tell(batch, startedAt, outcome.conflict === undefined ? 'stored' : 'conflict');
        return outcome;
      } catch (error) {
        tell(batch, startedAt, 'failed');
        throw error;
      }
    },
  };
}

function eventsIn(frame: string): { conversationId: ConversationId; conversationSeq: ConversationSeq }[] {
  const { deliveries } = JSON.parse(frame) as {
    deliveries: { event: { conversationId: ConversationId; conversationSeq: ConversationSeq } }[];
  };
  return deliveries.map(({ event: { conversationId, conversationSeq } }) => ({ conversationId, conversationSeq }));
}

/** An error is its text. */
function plain(payload: unknown): unknown {
  return JSON.parse(
    JSON.stringify(payload ?? null, (_, value: unknown) => (value instanceof Error ? String(value) : value)),
  );
}
