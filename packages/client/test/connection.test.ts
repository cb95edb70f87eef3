import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  type ConnectionOptions,
  type ConnectionState,
  createConnection,
  type WebSocketConnection,
} from '../src/index.ts';
import type { AppRouter } from './support/fake-router.ts';
import { ModelServer } from './support/model-server.ts';
import { socketServer } from './support/socket-server.ts';
import { countingClock, until } from './support/test-client.ts';

interface TestConnection extends AsyncDisposable {
  readonly connection: WebSocketConnection;
  readonly hello: () => Promise<string>;
  readonly states: ConnectionState['state'][];
}

function connect(url: ConnectionOptions['url'], options: Partial<ConnectionOptions> = {}): TestConnection {
  const connection = createConnection({
    url,
    WebSocket,
    transformer: superjson,
    backoff: { baseMs: 5, capMs: 20 },
    keepAlive: false,
    ...options,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const states: ConnectionState['state'][] = [];
  connection.subscribe(() => states.push(connection.getSnapshot().state));
  return { connection, hello: () => trpc.hello.query(), states, [Symbol.asyncDispose]: () => connection.close() };
}

/** A call in flight when the socket drops rejects; the next one waits for the connection. */
async function helloOnceConnected(one: TestConnection): Promise<string> {
  let answer = '';
  await until(async () => {
    answer = await one.hello();
  });
  return answer;
}

const model = new ModelServer();
const anybody = () => model.port('alice');

describe('a connection', () => {
  it('is created where there is no WebSocket, as on a server that renders, and says what to do when opened', () => {
    vi.stubGlobal('WebSocket', undefined);
    const connection = createConnection({ url: 'ws://127.0.0.1:9' });
    expect(connection.getSnapshot()).toEqual({ state: 'idle' });
    expect(() => connection.open()).toThrow("import { WebSocket } from 'ws'");
    expect(connection.getSnapshot()).toEqual({ state: 'idle' });
    vi.unstubAllGlobals();
  });

  it('opens with its first call, and answers calls of the application’s own router', async () => {
    await using server = await socketServer(anybody);
    await using one = connect(server.url);
    expect(one.connection.getSnapshot()).toEqual({ state: 'idle' });
    expect(await one.hello()).toBe('the application’s own');
    expect(one.states).toEqual(['connecting', 'open']);
  });

  it('fetches the token anew for each connection', async () => {
    await using server = await socketServer(anybody);
    let count = 0;
    const token = async () => {
      count += 1;
      return `token-${count}`;
    };
    await using one = connect(server.url, { token });
    await one.hello();
    server.drop();
    await until(() => one.states.filter((state) => state === 'open').length === 2);
    await one.hello();
    expect(server.tokens).toEqual(['token-1', 'token-2']);
  });

  it('asks for a fresh token once when the server refuses the one it has, and goes on with it', async () => {
    await using server = await socketServer(anybody);
    server.accepts = (token) => token === 'fresh';
    const onSignedOut = vi.fn();
    await using one = connect(server.url, { token: ({ refresh }) => (refresh ? 'fresh' : 'stale'), onSignedOut });
    one.connection.open();
    await until(() => server.tokens.length === 2);
    expect(await one.hello()).toBe('the application’s own');
    expect(server.tokens).toEqual(['stale', 'fresh']);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  it('asks for a fresh token again when one that worked expires later', async () => {
    await using server = await socketServer(anybody);
    let valid = 'first';
    server.accepts = (token) => token === valid;
    await using one = connect(server.url, { token: ({ refresh }) => (refresh ? valid : 'stale') });
    for (const next of ['first', 'second', 'third']) {
      valid = next;
      server.drop();
      expect(await helloOnceConnected(one)).toBe('the application’s own');
      await until(() => server.tokens.at(-1) === next);
    }
    expect(server.tokens).toEqual(['stale', 'first', 'stale', 'second', 'stale', 'third']);
  });

  it('stops when the fresh token is refused too, fails calls as unauthenticated, and starts again on open', async () => {
    await using server = await socketServer(anybody);
    server.accepts = () => false;
    const onSignedOut = vi.fn();
    await using one = connect(server.url, { token: () => 'wrong', onSignedOut });
    one.connection.open();
    await until(() => one.connection.getSnapshot().state === 'signed-out');
    expect(onSignedOut).toHaveBeenCalledOnce();
    await expect(one.hello()).rejects.toThrow('unauthenticated');
    expect(server.tokens).toEqual(['wrong', 'wrong']);
    expect(server.sockets).toBe(0);
    server.accepts = () => true;
    one.connection.open();
    expect(await one.hello()).toBe('the application’s own');
  });

  it('stops without a socket when nobody is signed in', async () => {
    await using server = await socketServer(anybody);
    await using one = connect(server.url, { token: () => null });
    one.connection.open();
    await until(() => one.connection.getSnapshot().state === 'signed-out');
    expect(server.tokens).toEqual([]);
  });

  it('counts a token that cannot be fetched as a failed attempt', async () => {
    await using server = await socketServer(anybody);
    let failures = 2;
    const token = async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('the sign-in service is away');
      return 'there';
    };
    await using one = connect(server.url, { token });
    expect(await one.hello()).toBe('the application’s own');
    expect(one.states).toEqual(['connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'open']);
  });

  it('waits longer with each failed attempt, jittered and capped, and says when the next one is', async () => {
    const waits: number[] = [];
    const clock = countingClock();
    const noting = {
      ...clock,
      now: () => 1_000,
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms > 100 ? 0 : ms, signal),
    };
    await using one = connect('ws://127.0.0.1:1', {
      backoff: { baseMs: 200, capMs: 1_000 },
      random: () => 1,
      clock: noting,
    });
    one.connection.subscribe(() => {
      const state = one.connection.getSnapshot();
      if (state.state === 'waiting') waits.push(state.nextTryAt - 1_000);
    });
    one.connection.open();
    await until(() => waits.length >= 5);
    expect(waits.slice(0, 5)).toEqual([200, 400, 800, 1_000, 1_000]);
  });

  it('tries at once when told that the network is back', async () => {
    let url = 'ws://127.0.0.1:1';
    await using server = await socketServer(anybody);
    await using one = connect(() => url, { backoff: { baseMs: 60_000, capMs: 60_000 } });
    one.connection.open();
    await until(() => one.connection.getSnapshot().state === 'waiting');
    url = server.url;
    one.connection.retryNow();
    await until(() => one.connection.getSnapshot().state === 'open');
  });

  it('connects afresh with a fresh token on renew', async () => {
    await using server = await socketServer(anybody);
    await using one = connect(server.url, { token: ({ refresh }) => (refresh ? 'fresh' : 'first') });
    await one.hello();
    one.connection.renew();
    await until(() => expect(server.tokens).toEqual(['first', 'fresh']));
    expect(await one.hello()).toBe('the application’s own');
  });

  it('finds a dead socket by its pings', async () => {
    await using server = await socketServer(anybody);
    class Deaf extends WebSocket {
      override send(data: string): void {
        if (data !== 'PING') super.send(data);
      }
    }
    await using one = connect(server.url, { WebSocket: Deaf, keepAlive: { intervalMs: 20, pongTimeoutMs: 20 } });
    await one.hello();
    await until(() => one.states.filter((state) => state === 'open').length >= 2);
  });

  it.each(['open', 'waiting'] as const)('leaves no timer and no socket after close while %s', async (state) => {
    await using server = await socketServer(anybody);
    const clock = countingClock();
    const one = connect(state === 'open' ? server.url : 'ws://127.0.0.1:1', {
      clock,
      backoff: { baseMs: 60_000, capMs: 60_000 },
    });
    one.connection.open();
    await until(() => one.connection.getSnapshot().state === state);
    await one.connection.close();
    expect(one.connection.getSnapshot()).toEqual({ state: 'closed' });
    await until(() => expect(clock.waits).toBe(0));
    await until(() => expect(server.sockets).toBe(0));
    await expect(one.hello()).rejects.toThrow('closing');
  });

  it('does not wait at close for a token that never comes', async () => {
    await using server = await socketServer(anybody);
    const one = connect(server.url, { token: () => new Promise<string>(() => undefined) });
    one.connection.open();
    await until(() => one.connection.getSnapshot().state === 'connecting');
    await one.connection.close();
    expect(one.connection.getSnapshot()).toEqual({ state: 'closed' });
  });
});
