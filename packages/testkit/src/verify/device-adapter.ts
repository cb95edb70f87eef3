import {
  type AnyMessagingTrpc,
  type ClientOptions,
  type ConnectionOptions,
  createConnection,
  type LocalStore,
  type MessagingTrpc,
  type WebSocketConnection,
} from '@tidemark/client';
import { createTRPCClient } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { WebSocket } from 'ws';

/** How devices talk to the application under test. What is absent is as in {@link defaultAdapter}. */
export interface DeviceAdapter {
  /** Connects as `userId`; everything of `options` must reach `createConnection`, or faults are noticed late. */
  connect(
    userId: string,
    options: Pick<ConnectionOptions, 'url' | 'keepAlive' | 'backoff' | 'random'>,
  ): { readonly connection: WebSocketConnection; readonly trpc: AnyMessagingTrpc };
  /** A message of this text as the application's content, and back. */
  readonly message: (text: string) => { readonly type: string; readonly content: Record<string, unknown> };
  /** A local store in this file, which does not exist yet or was made by an earlier call. Absent: in memory. */
  readonly store?: (file: string) => LocalStore;
}

/**
 * The application's router has messaging under `chat`, no transformer, a content kind `text` with `{ text }`, and takes
 * `token-<user>` as the token of a user.
 */
export const defaultAdapter: DeviceAdapter = {
  connect: (userId, options) => {
    const connection = createConnection({ ...options, WebSocket, token: () => `token-${userId}` });
    const client = createTRPCClient<AnyTRPCRouter>({ links: [connection.link] });
    return { connection, trpc: (client as unknown as { chat: AnyMessagingTrpc }).chat };
  },
  message: (text) => ({ type: 'text', content: { text } }),
};

/** The client does not look into content: to it, every kind is a JSON object. */
export function untyped(trpc: AnyMessagingTrpc): ClientOptions<MessagingTrpc>['trpc'] {
  return trpc as unknown as MessagingTrpc;
}
