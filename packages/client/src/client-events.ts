import type {
  CommandId,
  ContentMap,
  ConversationId,
  Cursor,
  Receipt,
  ResetReason,
  Seq,
  TidemarkError,
} from '@tidemark/core';
import type { ClientConnectionState } from './connection/client-connection-state.ts';
import type { LocalStoreProblem } from './local-store/local-store-error.ts';
import type { ReceivedEvent, ReceivedMessage } from './received.ts';
import { createListeners, type Listeners } from './views/view.ts';

/**
 * What happens in a client, for logs, notifications and tests. All are emitted after the local transaction they tell of.
 * With several tabs each says where: in the leader alone, so that a thing is done once for the user, or in every tab.
 */
export interface ClientEvents<COut = ContentMap> {
  /** One inbox entry is in the local store. `event` is null for a void. Once per entry, in order of seq. In the leader. */
  entry: { readonly seq: Seq; readonly event: ReceivedEvent<COut> | null };
  /** A message came in through the feed, also one's own; the moment for a notification. In the leader: one, however many tabs. */
  message: ReceivedMessage<COut>;
  /** A batch of entries and the cursor are in the local store. In the leader. */
  applied: { readonly cursor: Cursor; readonly entries: number };
  /** Everything local but the drafts was replaced by a snapshot. `new`: the first sync of this device. In every tab. */
  reset: { readonly reason: ResetReason; readonly cursor: Cursor };
  /** Caught up and applied; after each (re)connection. In every tab. */
  live: { readonly cursor: Cursor };
  /** Entries between were missing and are being pulled. In the leader. */
  gap: { readonly after: number; readonly upTo: number };
  /** A draft is in the local store and will be sent. In the tab that called `send` or, after `retry`, in the leader. */
  queued: { readonly clientMessageId: CommandId; readonly conversationId: ConversationId };
  /** A message is stored by the server. In every tab. */
  sent: Receipt;
  /** A message was refused for good; it stays as failed until `retry` or `discard`. In every tab. */
  failed: {
    readonly clientMessageId: CommandId;
    readonly conversationId: ConversationId;
    readonly error: TidemarkError;
  };
  /** Something did not work and is tried again after `waitMs`. For logs; nothing needs doing. In the tab that tries. */
  retrying: { readonly what: Retried; readonly attempt: number; readonly waitMs: number; readonly error: unknown };
  /**
   * The local store has a problem. `corrupt`, `evicted`: what it held is lost, and a `reset` follows; drafts that it can read
   * or this client holds are kept · `full`, `unavailable`: it cannot be written or read for now; what is new stays in memory
   * and everything goes on, until `saved` · `blocked`: the platform refuses it, or several tabs cannot share it; this client
   * keeps everything in memory, and a reload forgets it · `newer`: a later version of the application wrote it; nothing works
   * until this one is updated, or `erase` removes it. Once, until it is mended.
   */
  store: { readonly problem: LocalStoreProblem; readonly error: unknown };
  /** What was in memory alone, after `full` or `unavailable`, is in the local store. */
  saved: Readonly<Record<string, never>>;
  /** In every tab, each of its own view: followers show the leader's. */
  connection: ClientConnectionState;
  /** With several tabs: this one leads from now on, or no longer. */
  role: { readonly role: 'leader' | 'follower' };
  /** The user signed out: everything local was removed, and this client is closed. In every tab. */
  erased: { readonly by: 'this-tab' | 'another-tab' };
}

/** `send` a message · `feed` the subscription · `pull` missing entries · `snapshot` · `apply`, `store` the local store · `read-mark` · `refresh` one conversation. */
export type Retried = 'send' | 'feed' | 'pull' | 'snapshot' | 'apply' | 'store' | 'read-mark' | 'refresh';

export interface ClientEmitter {
  on<K extends keyof ClientEvents>(type: K, listener: (event: ClientEvents[K]) => void): () => void;
  emit<K extends keyof ClientEvents>(type: K, event: ClientEvents[K]): void;
  isHeard(type: keyof ClientEvents): boolean;
}

export function createClientEmitter(): ClientEmitter {
  const listeners: { [K in keyof ClientEvents]?: Listeners<ClientEvents[K]> } = {};
  return {
    on: <K extends keyof ClientEvents>(type: K, listener: (event: ClientEvents[K]) => void) => {
      const ofType: Listeners<ClientEvents[K]> = listeners[type] ?? createListeners();
      (listeners as Record<K, typeof ofType>)[type] = ofType;
      return ofType.add(listener);
    },
    emit: (type, event) => listeners[type]?.notify(event),
    isHeard: (type) => Boolean(listeners[type]?.size),
  };
}
