import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ManualClock } from '@tidemark/testkit/application';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectionOptions, type ConnectionState, createConnection, KICKED_CLOSE_CODE } from '../../src/index.ts';
import type { AppRouter } from '../support/fake-router.ts';
import { ModelServer } from '../support/model-server.ts';
import { type SocketServer, socketServer } from '../support/socket-server.ts';
import { until } from '../support/test-client.ts';
import { handDrivenEnvironment } from './hand-driven-environment.ts';

const KEEP_ALIVE = { intervalMs: 15_000, pongTimeoutMs: 5_000 };

function connect(url: string, options: Partial<ConnectionOptions> = {}, network = true) {
  const clock = new ManualClock();
  const environment = handDrivenEnvironment(network);
  const connection = createConnection({
    url,
    WebSocket,
    transformer: superjson,
    token: ({ refresh }) => (refresh ? 'fresh' : 'first'),
    backoff: { baseMs: 1_000, capMs: 20_000 },
    random: () => 1,
    keepAlive: KEEP_ALIVE,
    clock,
    environment,
    ...options,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const states: ConnectionState['state'][] = [];
  connection.subscribe(() => states.push(connection.getSnapshot().state));
  const is = (state: ConnectionState['state']) => until(() => expect(connection.getSnapshot().state).toBe(state));
  const hello = () => trpc.hello.query();
  return { connection, trpc, clock, environment, states, is, hello, [Symbol.asyncDispose]: () => connection.close() };
}

const anybody = () => new ModelServer().port('alice');

/** Open, and the server has answered. */
async function opened(server: SocketServer, options: Partial<ConnectionOptions> = {}) {
  const one = connect(server.url, options);
  await one.hello();
  return one;
}

/** Notes what goes out. */
class Noting extends WebSocket {
  static sent: string[] = [];
  override send(data: string): void {
    Noting.sent.push(data);
    super.send(data);
  }
}

/** A call whose frame `Noting.sent` will hold. */
function sentHello({ hello }: { hello: () => Promise<string> }): Promise<string> {
  Noting.sent = [];
  return hello();
}

describe('a connection whose page is frozen', () => {
  it('lets go of its socket, tries nothing and has no timer until it runs again', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    one.environment.tell('network-gone');
    expect(one.connection.getSnapshot()).toEqual({ state: 'offline' });
    await until(() => expect(server.sockets).toBe(0));
    await until(() => expect(one.clock.pendingMs).toEqual([]));
    const answer = one.hello();
    expect(server.opened).toBe(1);
    one.environment.tell('network-back');
    expect(await answer).toBe('the application’s own');
    expect(one.states).toEqual(['connecting', 'open', 'offline', 'connecting', 'open']);
  });

  it('fails the call under way at once, since its outcome is unknown', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server, { WebSocket: Noting });
    server.mute();
    const failed = expect(sentHello(one)).rejects.toThrow();
    await until(() => expect(Noting.sent).toHaveLength(1));
    one.environment.tell('network-gone');
    await failed;
  });

  it('does not try when it is opened, and does as soon as there is one', async () => {
    await using server = await socketServer(anybody);
    await using one = connect(server.url, {}, false);
    one.connection.open();
    expect(one.connection.getSnapshot()).toEqual({ state: 'offline' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([server.opened, one.clock.pendingMs]).toEqual([0, []]);
    one.environment.tell('network-back');
    await one.is('open');
  });

  it('ends the wait between attempts, and begins the waits anew afterwards', async () => {
    await using one = connect('ws://127.0.0.1:1');
    one.connection.open();
    for (const wait of [1_000, 2_000, 4_000]) {
      await until(() => expect(one.clock.pendingMs).toEqual([wait]));
      expect(one.connection.getSnapshot()).toEqual({
        state: 'waiting',
        nextTryAt: one.clock.now() + wait,
        cause: { reason: 'unreachable', detail: expect.stringContaining('ECONNREFUSED') },
      });
      if (wait < 4_000) one.clock.jump(wait);
    }
    one.environment.tell('network-gone');
    await until(() => expect(one.clock.pendingMs).toEqual([]));
    expect(one.connection.getSnapshot()).toEqual({ state: 'offline' });
    one.environment.tell('network-back');
    await one.is('waiting');
    expect(one.clock.pendingMs).toEqual([1_000]);
  });

  it('does not open a socket when it was frozen while the token was fetched', async () => {
    await using server = await socketServer(anybody);
    let give: ((token: string) => void) | undefined;
    const token = () => new Promise<string>((resolve) => (give = resolve));
    await using one = connect(server.url, { token });
    one.connection.open();
    await until(() => give !== undefined);
    one.environment.tell('network-gone');
    give?.('late');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([server.opened, one.connection.getSnapshot().state]).toEqual([0, 'offline']);
    one.environment.tell('network-back');
    await one.is('open');
    expect(server.opened).toBe(1);
  });

  it.each(['offline', 'open'] as const)('leaves nothing when it is closed while %s', async (state) => {
    await using server = await socketServer(anybody);
    const one = await opened(server);
    if (state === 'offline') one.environment.tell('network-gone');
    expect(one.environment.listening).toBe(1);
    await one.connection.close();
    expect(one.connection.getSnapshot()).toEqual({ state: 'closed' });
    expect(one.environment.listening).toBe(0);
    one.environment.tell('network-gone');
    await until(() => expect([server.sockets, ...one.clock.pendingMs]).toEqual([0]));
  });
});

describe('a connection whose app is shown again', () => {
  it('keeps a socket that answers', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    one.clock.jump(10_000);
    one.environment.tell('shown');
    await until(() => expect(one.clock.pendingMs).toEqual([5_000]));
    one.clock.jump(2_000);
    expect([server.opened, one.states]).toEqual([1, ['connecting', 'open']]);
  });

  it('connects again at once when the socket does not answer within two seconds', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    server.mute();
    one.environment.tell('shown');
    one.clock.jump(2_000);
    await until(() => expect(server.opened).toBe(2));
    await one.is('open');
    expect(one.states).toEqual(['connecting', 'open', 'connecting', 'open']);
  });

  it('does not wait for the next attempt', async () => {
    let url = 'ws://127.0.0.1:1';
    await using server = await socketServer(anybody);
    await using one = connect('', { url: () => url });
    one.connection.open();
    await one.is('waiting');
    url = server.url;
    one.environment.tell('shown');
    await one.is('open');
  });
});

describe('a connection after its device slept', () => {
  it('opens a second socket without waiting for the first, and moves to it', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    server.mute();
    one.clock.jump(3_600_000);
    await until(() => expect(server.opened).toBe(2));
    expect(await one.hello()).toBe('the application’s own');
    // Nothing had to be waited for, and nobody saw it.
    expect(one.states).toEqual(['connecting', 'open']);
  });

  it('fails calls that hang on the old socket as soon as the new one works', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server, { WebSocket: Noting });
    server.mute();
    const hanging = expect(sentHello(one)).rejects.toThrow();
    await until(() => expect(Noting.sent).toHaveLength(1));
    one.clock.jump(3_600_000);
    await until(() => expect(server.opened).toBe(2));
    await one.hello();
    await hanging;
  });

  it('does not when no one is looking and the socket answers: timers of hidden pages are late', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    one.environment.visible = false;
    one.clock.jump(60_000);
    await until(() => expect(one.clock.pendingMs).toEqual([15_000]));
    expect(server.opened).toBe(1);
  });

  it('doubts its socket when it is shown after a long silence', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server, { keepAlive: false });
    server.mute();
    one.clock.jump(600_000);
    one.environment.tell('shown');
    await until(() => expect(server.opened).toBe(2));
    expect(await one.hello()).toBe('the application’s own');
    expect(one.states).toEqual(['connecting', 'open']);
  });
});

describe('a socket', () => {
  it('is asked for a sign of life after some silence, and given up without one', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    server.mute();
    one.clock.jump(KEEP_ALIVE.intervalMs);
    await until(() => expect(one.clock.pendingMs).toEqual([KEEP_ALIVE.pongTimeoutMs]));
    one.clock.jump(KEEP_ALIVE.pongTimeoutMs);
    await one.is('waiting');
    one.clock.jump(1_000);
    expect(await one.hello()).toBe('the application’s own');
  });

  it('is given up when it does not open in time', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    await using one = connect(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}`, { connectTimeoutMs: 7_000 });
    one.connection.open();
    await until(() => expect(one.clock.pendingMs).toEqual([7_000]));
    one.clock.jump(7_000);
    await one.is('waiting');
    await one.connection.close();
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe('a session that the server ends', () => {
  it('stops without another attempt, and comes back when it is opened', async () => {
    await using server = await socketServer(anybody);
    const onSignedOut = vi.fn();
    await using one = await opened(server, { onSignedOut });
    server.close(KICKED_CLOSE_CODE);
    await one.is('kicked');
    await expect(one.hello()).rejects.toThrow('the server ended this session');
    await until(() => expect([server.sockets, ...one.clock.pendingMs]).toEqual([0]));
    one.environment.tell('network-back');
    one.environment.tell('shown');
    one.connection.retryNow();
    one.connection.renew();
    expect([server.opened, one.environment.listening]).toEqual([1, 0]);
    expect(onSignedOut).not.toHaveBeenCalled();
    one.connection.open();
    expect(await one.hello()).toBe('the application’s own');
    expect(one.states).toEqual(['connecting', 'open', 'kicked', 'connecting', 'open']);
  });

  it.each(['signed-out', 'kicked'] as const)('can be closed while %s', async (state) => {
    await using server = await socketServer(anybody);
    const one = await opened(server);
    if (state === 'kicked') server.close(KICKED_CLOSE_CODE);
    else {
      server.accepts = () => false;
      server.close(4401);
    }
    await one.is(state);
    await one.connection.close();
    expect(one.connection.getSnapshot()).toEqual({ state: 'closed' });
    await expect(one.hello()).rejects.toThrow('the connection was closed');
  });
});

describe('a renewal', () => {
  it('opens the new socket before it lets go of the old one', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    one.connection.renew();
    one.connection.renew();
    await until(() => expect(server.tokens).toEqual(['first', 'fresh']));
    await until(() => expect(server.sockets).toBe(1));
    expect(await one.hello()).toBe('the application’s own');
    expect(one.states).toEqual(['connecting', 'open']);
  });

  it('comes about also when it is asked for before the stock client has moved to its newest socket', async () => {
    await using server = await socketServer(anybody);
    await using one = connect(server.url);
    one.connection.subscribe(() => {
      if (one.connection.getSnapshot().state === 'open' && one.states.length === 2) one.connection.renew();
    });
    one.connection.open();
    await one.is('open');
    one.clock.jump(2_000);
    await until(() => expect(server.tokens.at(-1)).toBe('fresh'));
    expect(await one.hello()).toBe('the application’s own');
  });

  it('signs out when the fresh token is refused, although the old socket is open', async () => {
    await using server = await socketServer(anybody);
    await using one = await opened(server);
    server.accepts = (token) => token !== 'fresh';
    one.connection.renew();
    await one.is('signed-out');
    await until(() => expect(server.sockets).toBe(0));
  });

  it('goes on with the old socket while the new one cannot be had', async () => {
    await using server = await socketServer(anybody);
    let url = server.url;
    await using one = await opened(server, { url: () => url });
    url = 'ws://127.0.0.1:1';
    one.connection.renew();
    await until(() => expect(one.clock.pendingMs).toEqual([1_000, 15_000]));
    expect(await one.hello()).toBe('the application’s own');
    url = server.url;
    one.clock.jump(1_000);
    await until(() => expect(server.tokens).toEqual(['first', 'fresh']));
    expect(one.states).toEqual(['connecting', 'open']);
  });
});
