import {
  type AnyMessagingTrpc,
  type Client,
  type ClientOptions,
  type ContentIn,
  type ContentOut,
  createClient,
  createConnection,
  type Environment,
  type EnvironmentChange,
  type WebSocketClass,
  type WebSocketConnection,
} from '@tidemark/client';
import type { Clock } from '@tidemark/core';
import { createTRPCClient, type TRPCClient } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { type Dial, memorySocketClass, type ServerEnd } from './memory-socket.ts';

export interface TestDeviceOptions {
  /** The token it connects with. Default: what the server's `tokenOf` gives for the user. */
  readonly token?: string | null;
  /** Of its connection and its clients, such as a `ManualClock`. Default: the system's. */
  readonly clock?: Clock;
  /** Waits between attempts of its connection and its clients, in ms. Default: 5 to 50, so that tests wait for nothing. */
  readonly backoff?: { readonly baseMs: number; readonly capMs: number };
}

/** One device: a network that can be taken away, a connection, and clients on it. */
export interface TestDevice<Router extends AnyTRPCRouter> extends AsyncDisposable {
  readonly connection: WebSocketConnection;
  /** The application's tRPC client on that connection. */
  readonly trpc: TRPCClient<Router>;
  /** The class of its sockets: for code of the application's own that connects. It feels `offline` and `cut`. */
  readonly WebSocket: WebSocketClass;

  /**
   * A started client, closed with the device: `device.client(device.trpc.chat, { contentTypes: ['text'] })`. Options are those of
   * `createClient`; the store is memory unless set, and nothing is said on the console.
   */
  client<T extends AnyMessagingTrpc>(
    messaging: T,
    options: Omit<ClientOptions<T>, 'trpc' | 'userId' | 'connection'>,
  ): Client<ContentIn<T>, ContentOut<T>>;

  /** The network is gone and the device says so: sockets are cut, and none can be opened until `online`. */
  offline(): void;
  online(): void;
  /** Sockets are cut once, as when a network changes; the device may connect again at once. */
  cut(): void;
  close(): Promise<void>;
}

export function createTestDevice<Router extends AnyTRPCRouter>({
  userId,
  token,
  router,
  dial,
  clock,
  backoff = { baseMs: 5, capMs: 50 },
}: TestDeviceOptions & {
  readonly userId: string;
  readonly token: string | null;
  readonly router: AnyTRPCRouter;
  readonly dial: Dial;
}): TestDevice<Router> {
  const sockets = new Set<ServerEnd>();
  const listeners = new Set<(change: EnvironmentChange) => void>();
  const clients = new Set<{ close(): Promise<void> }>();
  let hasNetwork = true;

  const WebSocket = memorySocketClass((end) => {
    if (!hasNetwork) return { refused: 'the device is offline' };
    const answer = dial(end);
    if ('serve' in answer) {
      sockets.add(end);
      end.once('close', () => sockets.delete(end));
    }
    return answer;
  });
  const environment: Environment = {
    get network() {
      return hasNetwork;
    },
    visible: true,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const timing = { backoff, ...(clock && { clock }) };
  const connection = createConnection({
    url: 'ws://test/trpc',
    WebSocket,
    token: () => token,
    transformer: router._def._config.transformer,
    environment,
    ...timing,
  });
  // The links of a router's client are typed by its transformer, which is this router's own.
  const trpc = createTRPCClient<AnyTRPCRouter>({ links: [connection.link] }) as unknown as TRPCClient<Router>;

  function cut(): void {
    for (const end of sockets) end.terminate();
  }

  function change(to: boolean): void {
    if (hasNetwork === to) return;
    hasNetwork = to;
    if (!to) cut();
    for (const listener of [...listeners]) listener(to ? 'network-back' : 'network-gone');
  }

  async function close(): Promise<void> {
    await Promise.all([...clients].map((client) => client.close()));
    await connection.close();
  }

  return {
    connection,
    trpc,
    WebSocket,
    client: (messaging, options) => {
      const client = createClient({
        trpc: messaging,
        userId,
        connection,
        warnings: false,
        ...timing,
        ...options,
      });
      clients.add(client);
      client.start();
      return client;
    },
    offline: () => change(false),
    online: () => change(true),
    cut,
    close,
    [Symbol.asyncDispose]: close,
  };
}
