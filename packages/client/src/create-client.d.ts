/**
 * The table of contents of the client, in the order of the flow: connection → local store → sync → outbox → views. The
 * only file that knows all of them.
 */
import { type Clock, type JsonValue, type Random } from '@tidemark/core';
import type { Client } from './client.ts';
import type { Connection } from './connection/connection.ts';
import type { LocalStore } from './local-store/local-store.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut } from './messaging-trpc.ts';
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
    /** What `send(…, { attachments })` needs. */
    readonly attachments?: AttachmentHooks<ContentIn<T>, S, R>;
    /** Waits between attempts, doubling from `base` to `cap`, jittered, in ms. Default: 300 to 30,000. */
    readonly backoff?: {
        readonly base: number;
        readonly cap: number;
    };
    /** Conversations that send at the same time. Default 8. */
    readonly parallelSends?: number;
    /** Without an answer for so long, a send is tried again under the same id, in ms. Default 30,000. */
    readonly sendTimeoutMs?: number;
    /** Messages that `loadOlder` loads at once. Default 50; at most the server's page limit. */
    readonly pageSize?: number;
    /** Entries of the feed that may wait for the local store; more are pulled later. Default 2,000. */
    readonly queueLimit?: number;
    readonly clock?: Clock;
    readonly random?: Random;
}
export declare function createClient<T extends AnyMessagingTrpc, S extends JsonValue = never, R extends JsonValue = never>(options: ClientOptions<T, S, R>): Client<ContentIn<T>, ContentOut<T>, S>;
