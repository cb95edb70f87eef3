import type { Clock, JsonValue, Random } from '@tidemark/core';
import { DEFAULT_PAGE } from '@tidemark/core';
import { checkOption, LONGEST_MS, wholeNumbers } from './check-options.ts';
import type { Connection } from './connection/connection.ts';
import type { LocalStore } from './local-store/local-store.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut, MessagingTrpc } from './messaging-trpc.ts';
import type { AttachmentHooks } from './send/uploads.ts';
import type { Tabs } from './tabs/tabs.ts';

export interface ClientOptions<T extends AnyMessagingTrpc, S extends JsonValue = never, R extends JsonValue = never> {
  /** The messaging part of the application's tRPC client, e.g. `trpc.chat`. */
  readonly trpc: T;
  /** The signed-in user, the same that the server's `userId` gives for this connection. */
  readonly userId: string;
  /** The kinds this build knows how to show; others arrive as `unknown`. */
  readonly contentTypes: readonly (keyof ContentOut<T> & string)[];
  /** From `createConnection`, when the link is its. Without it the client judges by its feed. */
  readonly connection?: Connection;
  /** Default: memory, which keeps everything until the process ends. */
  readonly store?: LocalStore;
  /**
   * Several tabs, or clients, over one store: one of them leads. `browserTabs()`, or `memoryTabs()` within a process; each
   * client of the store gets the same. Default: those of the browser where the store can be shared (`sharedAs`, as in
   * IndexedDB), else none. `null`: none, and this client is the store's only one.
   */
  readonly tabs?: Tabs | null;
  /**
   * What becomes of the data that the local store holds of other users when this client opens it. `keep`: they stay, readable by
   * whoever can read the device, until their own client erases them. `erase`: they are removed, **unsent drafts too**, and their
   * other tabs closed, before anything of this user is written; where that keeps failing, the client runs from memory and says
   * so (`store` event, `blocked`). Default `keep`.
   */
  readonly onOtherUser?: 'keep' | 'erase';
  /** What `send(…, { attachments })` needs. */
  readonly attachments?: AttachmentHooks<ContentIn<T>, S, R>;
  /** Waits between attempts, doubling from `baseMs` to `capMs`, jittered. Default: 300 to 30,000. */
  readonly backoff?: { readonly baseMs: number; readonly capMs: number };
  /** Conversations that send at the same time. Default 8. */
  readonly parallelSends?: number;
  /** Without an answer for so long, a send is tried again under the same id, in ms. Default 30,000. */
  readonly sendTimeoutMs?: number;
  /** Messages that `loadOlder` loads at once. Default 50; at most the server's page limit. */
  readonly pageSize?: number;
  /**
   * Conversations, events and drafts that are kept in memory while the local store has no room or keeps failing; beyond, nothing
   * more is taken in until it can be written. Default 20,000.
   */
  readonly unsavedLimit?: number;
  /**
   * A call of the local store that has not answered by then has failed, in ms: what it brought is kept in memory until it can be
   * written (`store` event, `unavailable`), and a store that does not open is left for memory (`blocked`). What `tabs.holds()` has
   * not answered by then is asked again, before anything is written. Default 30,000.
   */
  readonly storeTimeoutMs?: number;
  /** Entries of the feed that may wait for the local store; more are pulled later. Default 2,000. */
  readonly queueLimit?: number;
  /** Says on the console, once for each, why it cannot connect and what is wrong with the local store. Default true. */
  readonly warnings?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Inside, content is any JSON object. */
export type UntypedOptions = ClientOptions<MessagingTrpc, JsonValue, JsonValue>;

/** Default and largest value of each. */
const NUMBERS = {
  pageSize: [50, DEFAULT_PAGE],
  parallelSends: [8, 1_000],
  // A snapshot of thousands of conversations takes long on a slow disk.
  storeTimeoutMs: [30_000, LONGEST_MS],
  sendTimeoutMs: [30_000, LONGEST_MS],
  queueLimit: [2_000, 1_000_000],
  unsavedLimit: [20_000, 1_000_000],
} as const;

/** The numbers among the options; throws `invalid_input` for an option that breaks its rule. */
export function checkedOptions(options: UntypedOptions): Readonly<Record<keyof typeof NUMBERS, number>> {
  const { contentTypes } = options;
  const areNames = Array.isArray(contentTypes) && contentTypes.every((name) => typeof name === 'string');
  checkOption(areNames, 'contentTypes', 'must be an array of strings');
  return wholeNumbers(NUMBERS, options);
}
