import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, createClient, createConnection } from '@tidemark/client';
import { httpFallback } from '@tidemark/client/http';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type AppRouter, content, eventually } from '../support/app.ts';

/** An application whose router has superjson, or none. */
async function startServer(transformed: boolean) {
  const context = initTRPC.context<{ user: { id: string } }>();
  const t = transformed ? context.create({ transformer: superjson }) : context.create();
  const messaging = createMessaging({ content, storage: memoryStorage() });
  const router = t.router({ chat: messaging.procedures(t.procedure as never, { userId: () => 'alice' }) });
  const createContext = () => ({ user: { id: 'alice' } });
  const server = createServer(createHTTPHandler({ router, basePath: '/trpc/', createContext }));
  messaging.attach(server, { router, createContext });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await messaging.ready();
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ways: [name: string, url: (port: number) => string, options: (port: number) => Partial<ConnectionOptions>][] = [
  ['WebSocket', (port) => `ws://127.0.0.1:${port}/trpc`, () => ({})],
  [
    'HTTP',
    (port) => `ws://127.0.0.1:${port}/elsewhere`,
    (port) => ({ fallback: httpFallback({ url: `http://127.0.0.1:${port}/trpc` }) }),
  ],
];

test.each(
  ways.flatMap(([name, url, options]) =>
    [true, false].map((onServer) => [onServer ? 'server' : 'client', name, url, options] as const),
  ),
)('a transformer on the %s alone, over %s, is said, and tried again at a pace', async (side, way, url, options) => {
  await using server = await startServer(side === 'server');
  const pace = { random: () => 1, backoff: { baseMs: 20, capMs: 5_000 } };
  const connection = createConnection({
    url: url(server.port),
    WebSocket,
    ...pace,
    ...(side === 'client' && { transformer: superjson }),
    ...options(server.port),
  });
  const client = createClient({
    trpc: createTRPCClient<AppRouter>({ links: [connection.link] }).chat,
    userId: 'alice',
    connection,
    ...pace,
    warnings: false,
    contentTypes: ['text', 'order'],
  });
  const waits = new Map<number, number>();
  let said = '';
  client.connection.subscribe(() => {
    const now = client.connection.getSnapshot();
    if (now.state !== 'waiting' || now.cause.reason === 'unreachable') return;
    said = now.cause.detail;
    if (!waits.has(now.nextTryAt)) waits.set(now.nextTryAt, now.nextTryAt - Date.now());
  });
  client.start();
  try {
    await eventually('it is tried again', () => waits.size === 5);
    const [first = 0, , , , fifth = 0] = waits.values();
    expect(fifth).toBeGreaterThan(4 * first);
    // The stock client's own words, where its SSE cannot read an error.
    if (way === 'WebSocket' || side === 'server') expect(said).toContain('is the transformer the same on both sides?');
  } finally {
    await client.close();
    await connection.close();
  }
});
