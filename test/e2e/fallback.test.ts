import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  createClient,
  createConnection,
  type Environment,
  type WebSocketConnection,
} from '@tidemark/client';
import { type HttpFallbackOptions, httpFallback } from '@tidemark/client/http';
import { directConversationId, type UserId } from '@tidemark/core';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type App, type AppRouter, connectHttp, connectStock, eventually, startApp } from '../support/app.ts';

const chat = directConversationId('alice' as UserId, 'bob' as UserId);

type Upgrades = 'refused' | 'swallowed' | 'let through';

interface Proxy extends AsyncDisposable {
  readonly port: number;
  upgrades: Upgrades;
  /** Requests by path, in order. */
  readonly paths: string[];
  readonly tried: number;
  /** Whether plain requests are answered; `portal`: each with a page of its own, and 200. */
  http: boolean | 'portal';
  /** Breaks every connection there is. */
  cut(): void;
}

/** A proxy of the kind that stands in offices and hotels: it forwards requests, and does with upgrades as it likes. */
async function startProxy(app: App, upgrades: Upgrades): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let tried = 0;
  const server: Server = createServer((incoming, outgoing) => {
    proxy.paths.push((incoming.url ?? '').split('?')[0] ?? '');
    if (!proxy.http) {
      outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
      return;
    }
    if (proxy.http === 'portal') {
      outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Accept our terms to go on</h1>');
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request({ host: '127.0.0.1', port: app.port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    // A client that goes while it is being answered.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (incoming, socket: Socket, head) => {
    tried += 1;
    if (proxy.upgrades === 'refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const onward = connect(app.port, '127.0.0.1', () => {
      const lines = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${String(value)}`);
      onward.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket);
      if (proxy.upgrades === 'let through') socket.pipe(onward);
      else socket.resume();
    });
    const end = (): void => {
      onward.destroy();
      socket.destroy();
    };
    onward.on('error', end).on('close', end);
    socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    upgrades,
    paths: [],
    http: true,
    get tried() {
      return tried;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

type Options = Omit<Partial<ConnectionOptions>, 'fallback'> & { readonly fallback?: Partial<HttpFallbackOptions> };

function join(port: number, user: string, options: Options = {}) {
  const connection: WebSocketConnection = createConnection({
    url: `ws://127.0.0.1:${port}/trpc`,
    WebSocket,
    transformer: superjson,
    token: () => `token-${user}`,
    backoff: { baseMs: 10, capMs: 40 },
    ...options,
    fallback: httpFallback({
      url: `http://127.0.0.1:${port}/trpc`,
      headers: (token) => ({ authorization: token }),
      probe: { baseMs: 60_000, capMs: 60_000 },
      ...options.fallback,
    }),
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const client = createClient({
    trpc: trpc.chat,
    userId: user,
    connection,
    warnings: false,
    contentTypes: ['text', 'order'],
    backoff: { baseMs: 10, capMs: 40 },
  });
  const seqs: number[] = [];
  const shown: string[] = [];
  client.on('entry', ({ seq }) => seqs.push(seq));
  client.on('connection', ({ state }) => shown.push(state));
  const is = (state: string) =>
    eventually(`${user} is ${state}`, () => client.connection.getSnapshot().state === state);
  const texts = () =>
    client
      .conversation(chat)
      .messages.getSnapshot()
      .items.map((item) => ('text' in item.content ? item.content.text : ''));
  client.conversation(chat).messages.subscribe(() => undefined);
  return {
    client,
    connection,
    trpc,
    seqs,
    shown,
    is,
    texts,
    send: (text: string) => client.conversation(chat).send({ type: 'text', content: { text } }).receipt,
    async [Symbol.asyncDispose]() {
      await client.close();
      await connection.close();
    },
  };
}

/** From the first on, which follows the snapshot of a new device. */
const dense = (seqs: readonly number[]) => seqs.map((_, index) => (seqs[0] ?? 0) + index);

test.each(['refused', 'swallowed'] as const)(
  'where WebSocket upgrades are %s a client sends, receives live and catches up over HTTP',
  async (upgrades) => {
    await using app = await startApp();
    await using proxy = await startProxy(app, upgrades);
    await using bob = join(proxy.port, 'bob', { keepAlive: { intervalMs: 15_000, pongTimeoutMs: 50 } });
    await using alice = connectStock(app.wsUrl, 'alice');
    const say = (text: string) =>
      alice.trpc.chat.send.mutate({
        conversationId: chat,
        clientMessageId: text.replace(' ', '-'),
        type: 'text',
        content: { text },
      });
    await say('before');
    bob.client.start();
    await bob.is('live');
    expect(bob.connection.getSnapshot()).toEqual({ state: 'open' });

    expect((await bob.send('from bob')).senderId).toBe('bob');
    await say('live');
    await eventually('both', () => bob.texts().length === 3);
    expect(bob.texts()).toEqual(['before', 'from bob', 'live']);

    proxy.cut();
    for (let n = 1; n <= 20; n += 1) await say(`missed ${n}`);
    await eventually('what was missed', () => bob.texts().length === 23);
    await bob.is('live');
    expect(bob.seqs).toEqual(dense(bob.seqs));
    expect(proxy.paths).toContain('/trpc/chat.send');
    expect(proxy.paths).toContain('/trpc/chat.inbox.feed');
  },
);

test('a client goes back to WebSocket once it gets through, without a gap, a repeat or a break', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  await using bob = join(proxy.port, 'bob', {
    fallback: {
      url: `http://127.0.0.1:${proxy.port}/trpc`,
      probe: { baseMs: 20, capMs: 20 },
      headers: (authorization) => ({ authorization }),
    },
  });
  await using alice = connectStock(app.wsUrl, 'alice');
  bob.client.start();
  await bob.is('live');
  const before = bob.shown.length;
  let sent = 0;
  let stop = false;
  const talking = (async () => {
    while (!stop) {
      sent += 1;
      await alice.trpc.chat.send.mutate({
        conversationId: chat,
        clientMessageId: `m${sent}`,
        type: 'text',
        content: { text: `${sent}` },
      });
    }
  })();
  await eventually('live over HTTP', () => bob.texts().length > 5);
  proxy.upgrades = 'let through';
  await eventually('a socket', () => app.attachment.connections === 2);
  const requests = proxy.paths.length;
  const so = bob.texts().length;
  await eventually('live over the socket', () => bob.texts().length > so + 20);
  stop = true;
  await talking;
  await eventually('all', () => bob.texts().at(-1) === `${sent}`);
  expect(bob.seqs).toEqual(dense(bob.seqs));
  // Catching up from the last id, for a moment, is all that shows.
  expect(bob.shown.slice(before).filter((state) => !['catching-up', 'live'].includes(state))).toEqual([]);
  await bob.send('over the socket');
  expect(proxy.paths.length - requests).toBeLessThanOrEqual(1);
});

test('while the server is away altogether nothing is taken for open, and both ways lead back', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  proxy.http = false;
  await using bob = join(proxy.port, 'bob');
  bob.client.start();
  const states = new Set<string>();
  bob.connection.subscribe(() => states.add(bob.connection.getSnapshot().state));
  const receipt = bob.send('later');
  await eventually('requests that fail', () => proxy.paths.length >= 3);
  expect(states).not.toContain('open');
  proxy.http = true;
  expect((await receipt).senderId).toBe('bob');
  await bob.is('live');
});

test('a token that HTTP refuses is renewed once for all requests, and the requests go through', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  const token = vi.fn(({ refresh }: { refresh: boolean }) => (refresh ? 'token-bob' : 'expired'));
  await using bob = join(proxy.port, 'bob', { token });
  bob.client.start();
  await bob.is('live');
  expect(bob.shown).not.toContain('signed-out');
  expect((await bob.send('still here')).senderId).toBe('bob');
});

test('a token that is refused again signs out, on HTTP as on a socket', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  let user = 'nobody';
  const onSignedOut = vi.fn();
  await using bob = join(proxy.port, 'bob', {
    token: () => (user === 'nobody' ? 'wrong' : `token-${user}`),
    onSignedOut,
  });
  bob.client.start();
  await bob.is('signed-out');
  expect(onSignedOut).toHaveBeenCalledOnce();
  await expect(bob.trpc.serverTime.query()).rejects.toThrow('unauthenticated');
  const { length } = proxy.paths;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(proxy.paths.length).toBe(length);
  user = 'bob';
  bob.connection.open();
  await bob.is('live');
});

test('a renewal on HTTP begins the feed anew with the fresh token, without a gap', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  const token = vi.fn((_why: { refresh: boolean }) => 'token-bob');
  await using bob = join(proxy.port, 'bob', { token });
  bob.client.start();
  await bob.is('live');
  const feeds = () => proxy.paths.filter((path) => path.endsWith('feed')).length;
  const before = feeds();
  token.mockClear();
  bob.connection.renew();
  await bob.send('meanwhile');
  await eventually('the feed again', () => feeds() > before);
  await bob.is('live');
  expect(token.mock.calls.at(0)).toEqual([{ refresh: true }]);
  await eventually('the message', () => bob.texts().length === 1);
  expect(bob.seqs).toEqual(dense(bob.seqs));
});

test('a closed client leaves no stream behind', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  const bob = join(proxy.port, 'bob');
  bob.client.start();
  await bob.is('live');
  const closed = app.next('feed-closed');
  await bob.connection.close();
  await closed;
  await bob.client.close();
  await expect(connectHttp(app.httpUrl, 'bob').chat.inbox.head.query()).resolves.toBeDefined();
});

test('while the page is frozen nothing is requested over HTTP either, and the feed goes on afterwards', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  let network = true;
  let tell = (_: 'network-gone' | 'network-back'): void => undefined;
  const environment: Environment = {
    get network() {
      return network;
    },
    get frozen() {
      return !network;
    },
    visible: true,
    subscribe: (listener) => {
      tell = (change) => {
        network = change === 'network-back';
        listener(change);
      };
      return () => undefined;
    },
  };
  await using bob = join(proxy.port, 'bob', { environment });
  await using alice = connectStock(app.wsUrl, 'alice');
  bob.client.start();
  await bob.is('live');
  const closed = app.next('feed-closed');
  tell('network-gone');
  await closed;
  expect(bob.client.connection.getSnapshot()).toEqual({ state: 'offline' });
  const { length } = proxy.paths;
  const receipt = bob.send('from bob');
  await alice.trpc.chat.send.mutate({
    conversationId: chat,
    clientMessageId: 'm1',
    type: 'text',
    content: { text: 'meanwhile' },
  });
  expect([proxy.paths.length, bob.texts().length]).toEqual([length, 1]);
  tell('network-back');
  await receipt;
  await bob.is('live');
  await eventually('both', () => bob.texts().length === 2);
  expect(bob.seqs).toEqual(dense(bob.seqs));
});

test('a captive portal that answers everything with a page and 200 is nobody: waits grow until something real answers', async () => {
  await using app = await startApp();
  await using proxy = await startProxy(app, 'refused');
  proxy.http = 'portal';
  await using bob = join(proxy.port, 'bob', { backoff: { baseMs: 10, capMs: 60_000 } });
  const states = new Set<string>();
  let longestWaitMs = 0;
  bob.connection.subscribe(() => {
    const now = bob.connection.getSnapshot();
    states.add(now.state);
    if (now.state === 'waiting') longestWaitMs = Math.max(longestWaitMs, now.nextTryAt - Date.now());
  });
  bob.client.start();
  const receipt = bob.send('behind a portal');
  // A wait that began anew after each answer would stay at a few of `base`.
  await eventually('a wait of many times the first', () => longestWaitMs > 1_000);
  expect(states).not.toContain('open');
  expect(bob.client.connection.getSnapshot()).toMatchObject({ state: 'waiting' });
  proxy.http = true;
  bob.connection.retryNow();
  await eventually('the message', async () => {
    bob.connection.retryNow();
    return Promise.race([receipt.then(() => true), new Promise((resolve) => setTimeout(resolve, 50, false))]);
  });
  await bob.is('live');
});
