import type { CommandId } from '@tidemark/core';
import type { ClientEvents } from '../client-events.ts';
import type { ClientConnectionState } from '../connection/client-connection-state.ts';
import type { LocalChanges } from '../local-store/local-store.ts';
import type { Stored } from '../send/outbox-entries.ts';

/** What one tab says to the others. */
export type TabMessage =
  /** Taking part from now on, or awake again. */
  | { readonly type: 'hello' }
  /** Chosen to lead, and reading what the one before has left. */
  | { readonly type: 'elected' }
  /** The leader's, at the beginning of its term and in answer to each hello. */
  | { readonly type: 'leading'; readonly connection: ClientConnectionState; readonly receipts: readonly Stored[] }
  | { readonly type: 'connection'; readonly state: ClientConnectionState }
  /** Committed to the local store. */
  | { readonly type: 'changes'; readonly changes: LocalChanges }
  | { readonly type: 'sent'; readonly receipt: Stored }
  | { readonly type: 'progress'; readonly clientMessageId: CommandId; readonly progress: readonly number[] }
  | { readonly type: 'event'; readonly event: RelayedEvent }
  /** Something only the leader can do. */
  | { readonly type: 'ask'; readonly id: string; readonly name: string; readonly input: unknown }
  /** `error`: the text form of a TidemarkError. */
  | { readonly type: 'answer'; readonly id: string; readonly value?: unknown; readonly error?: string }
  /** The user signs out of this device. */
  | { readonly type: 'erase' };

/** Events of the leader that every tab emits. */
export type RelayedEvent = {
  [K in RelayedType]: { readonly type: K; readonly detail: ClientEvents[K] };
}[RelayedType];
type RelayedType = (typeof RELAYED_EVENTS)[number];
export const RELAYED_EVENTS = ['reset', 'live'] as const;

/** Raised when a message changes its meaning; messages that are added do not need it. */
export const TAB_PROTOCOL = 1;

export interface TabEnvelope {
  readonly tidemark: typeof TAB_PROTOCOL;
  /** The tab it is from. */
  readonly from: string;
  /** 1, 2, 3 … for each tab: a hole shows that messages were missed. */
  readonly n: number;
  readonly message: TabMessage;
}

/** `undefined`: of another build of the application, whose messages differ. */
export function parseEnvelope(data: unknown): TabEnvelope | undefined {
  const { tidemark, from, n, message } = (data ?? {}) as Partial<TabEnvelope>;
  if (tidemark !== TAB_PROTOCOL || typeof from !== 'string' || typeof n !== 'number') return undefined;
  // One of a type that this build does not know is passed over by whoever takes it.
  return typeof message?.type === 'string' ? { tidemark, from, n, message } : undefined;
}
