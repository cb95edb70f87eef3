import { ManualClock } from '@tidemark/testkit/application';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectionOptions, createConnection } from '../../src/index.ts';
import type { AppRouter } from '../support/fake-router.ts';
import { ModelServer } from '../support/model-server.ts';
import { socketServer } from '../support/socket-server.ts';
import { until } from '../support/test-client.ts';
import { handDrivenEnvironment } from './hand-driven-environment.ts';

const anybody = () => new ModelServer().port('alice');

function connect(url: ConnectionOptions['url'], options: Partial<ConnectionOptions> = {}) {
  const clock = new ManualClock();
  const connection = createConnection({
    url,
    WebSocket,
    transformer: superjson,
    backoff: { baseMs: 1_000, capMs: 20_000 },
    random: () => 1,
    keepAlive: false,
    environment: handDrivenEnvironment(),
    clock,
    ...options,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const state = () => connection.getSnapshot();
  const is = (name: string) => until(() => expect(state().state).toBe(name));
  return { connection, clock, state, is, hello: () => trpc.hello.query(), [Symbol.asyncDispose]: connection.close };
}

describe('functions of the application', () => {
  it('a token that never comes is given up, named, and asked for again', async () => {
    await using server = await socketServer(anybody);
    let asked = 0;
    const token = () => {
      asked += 1;
      return asked === 1 ? new Promise<string>(() => undefined) : 'late';
    };
    await using one = connect(server.url, { token, tokenTimeoutMs: 7_000 });
    one.connection.open();
    await until(() => expect(one.clock.pendingMs).toEqual([7_000]));
    one.clock.jump(7_000);
    await one.is('waiting');
    expect(one.state()).toMatchObject({
      cause: { reason: 'token', detail: expect.stringContaining('tokenTimeoutMs') },
    });
    one.clock.jump(1_000);
    await one.is('open');
    expect(asked).toBe(2);
  });

  it.each(['retryNow', 'renew'] as const)('%s does not wait for the token that is being waited for', async (again) => {
    await using server = await socketServer(anybody);
    let asked = 0;
    const token = () => {
      asked += 1;
      return asked === 1 ? new Promise<string>(() => undefined) : 'asked again';
    };
    await using one = connect(server.url, { token });
    one.connection.open();
    await until(() => expect(asked).toBe(1));
    one.connection[again]();
    await one.is('waiting');
    one.clock.jump(1_000);
    await one.is('open');
    await until(() => expect(server.tokens).toEqual(['asked again']));
  });

  it('a URL that never comes, one that rejects and a WebSocket class that throws are failed attempts with a cause', async () => {
    const never = () => new Promise<string>(() => undefined);
    await using one = connect(never, { tokenTimeoutMs: 5_000 });
    one.connection.open();
    await until(() => expect(one.clock.pendingMs).toEqual([5_000]));
    one.clock.jump(5_000);
    await one.is('waiting');
    expect(one.state()).toMatchObject({ cause: { reason: 'url' } });
    await using two = connect(() => Promise.reject(new Error('no configuration')));
    two.connection.open();
    await two.is('waiting');
    expect(two.state()).toMatchObject({ cause: { reason: 'url', detail: 'no configuration' } });
    class Refusing extends WebSocket {
      constructor() {
        super('nonsense');
      }
    }
    await using three = connect(() => 'nonsense', { WebSocket: Refusing });
    three.connection.open();
    await three.is('waiting');
    expect(three.state()).toMatchObject({ cause: { reason: 'url' } });
  });

  it('what onSignedOut throws does not keep the connection from stopping', async () => {
    const thrown: unknown[] = [];
    const note = (error: unknown): void => void thrown.push(error);
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', note);
    try {
      await using server = await socketServer(anybody);
      const onSignedOut = (): void => {
        throw new Error('the form is broken');
      };
      await using one = connect(server.url, { token: () => null, onSignedOut });
      one.connection.open();
      await one.is('signed-out');
      expect(one.state()).toMatchObject({ cause: { reason: 'nobody' } });
      await until(() => expect(thrown).toHaveLength(1));
    } finally {
      process.off('uncaughtException', note);
      for (const listener of before) process.on('uncaughtException', listener);
    }
  });
});

describe('a server that lets one in and refuses soon after', () => {
  it('is asked less and less often: each refusal after a refusal waits longer', async () => {
    await using server = await socketServer(anybody);
    await using one = connect(server.url, { token: () => 'short-lived' });
    const waits: number[] = [];
    await one.hello();
    // The first is answered at once: a token that worked for long may expire.
    server.close(4401);
    await until(() => expect(server.opened).toBe(2));
    for (let round = 0; round < 3; round += 1) {
      await one.hello();
      server.close(4401);
      await one.is('waiting');
      const [wait = 0] = one.clock.pendingMs;
      waits.push(wait);
      one.clock.jump(wait);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });
});

describe('what the device says of its network', () => {
  it('is a hint: it is tried all the same at first, then seldom, and a person’s retry always tries', async () => {
    await using server = await socketServer(anybody);
    let url = 'ws://127.0.0.1:1';
    await using one = connect(() => url, { environment: handDrivenEnvironment(false, 'hint') });
    one.connection.open();
    await one.is('offline');
    await until(() => expect(one.clock.pendingMs).toEqual([20_000]));
    url = server.url;
    one.connection.retryNow();
    await one.is('open');
    expect(await one.hello()).toBe('the application’s own');
  });

  it('does not close a socket that answers', async () => {
    await using server = await socketServer(anybody);
    const environment = handDrivenEnvironment(true, 'hint');
    await using one = connect(server.url, { environment });
    await one.hello();
    environment.tell('network-gone');
    await until(() => expect(one.clock.pendingMs).toEqual([]));
    expect([one.state().state, server.opened]).toEqual(['open', 1]);
    server.mute();
    environment.tell('network-gone');
    await until(() => expect(one.clock.pendingMs).toEqual([2_000]));
    one.clock.jump(2_000);
    await until(() => expect(server.opened).toBe(2));
  });
});

describe('a connection that cannot be had', () => {
  it('says why: a path that is not there', async () => {
    await using server = await socketServer(anybody);
    const { createServer } = await import('node:http');
    const http = createServer().listen(0, '127.0.0.1');
    http.on('upgrade', (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
    await until(() => http.address() !== null);
    const { port } = http.address() as { port: number };
    await using one = connect(`ws://127.0.0.1:${port}/wrong`);
    one.connection.open();
    await one.is('waiting');
    expect(one.state()).toMatchObject({ cause: { reason: 'unreachable', detail: expect.stringContaining('404') } });
    http.close();
    expect(server.opened).toBe(0);
  });
});

describe('a wall clock that is set back', () => {
  it('hides no silence: the socket is asked for a sign of life, and given up', async () => {
    await using server = await socketServer(anybody);
    const clock = new ManualClock();
    const now = clock.now.bind(clock);
    let shift = 0;
    clock.now = () => now() + shift;
    await using one = connect(server.url, { clock, keepAlive: { intervalMs: 15_000, pongTimeoutMs: 5_000 } });
    await one.hello();
    server.mute();
    shift = -3_600_000;
    clock.jump(15_000);
    await until(() => expect(clock.pendingMs).toEqual([5_000]));
    clock.jump(5_000);
    await until(() => expect(one.state().state).not.toBe('open'));
  });
});
