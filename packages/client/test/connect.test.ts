import superjson from 'superjson';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectOptions, connect } from '../src/index.ts';
import type { AppRouter } from './support/fake-router.ts';
import { ModelServer } from './support/model-server.ts';
import { socketServer } from './support/socket-server.ts';
import { until } from './support/test-client.ts';

type Options = ConnectOptions<AppRouter>;

/** Port 9 of this machine discards, or refuses; nobody there speaks WebSocket. */
const NOBODY = 'ws://127.0.0.1:9';

function optionsFor(userId: string, url: string): Options {
  const backoff = { baseMs: 5, capMs: 20 };
  const contentTypes = ['text', 'order'] as const;
  return { url, WebSocket, transformer: superjson, token: userId, router: 'chat', userId, contentTypes, backoff };
}

function connectAs(userId: string, url: string, options: Partial<Options> = {}) {
  const chat = connect<AppRouter>({ ...optionsFor(userId, url), warnings: false, ...options });
  return Object.assign(chat, { [Symbol.asyncDispose]: () => chat.close() });
}

const modelServer = async () => {
  const model = new ModelServer();
  return socketServer((token) => model.port(token ?? ''));
};

describe('connect', () => {
  it('gives a client that is started, and closes its connection with it', async () => {
    await using server = await modelServer();
    const alice = connectAs('alice', server.url);
    await using bob = connectAs('bob', server.url, { token: async () => 'bob' });
    const totals: number[] = [];
    bob.on('message', (message) => {
      if (message.type === 'order') totals.push(message.content.total);
    });
    await Promise.all([alice.live(), bob.live()]);
    await alice.direct('bob').send({ type: 'order', content: { orderId: 'A-17', total: 42 } }).receipt;
    await until(() => expect(totals).toEqual([42]));
    expect([...server.tokens].sort()).toEqual(['alice', 'bob']);

    await alice.close();
    await until(() => expect(server.sockets).toBe(1));
    expect(alice.connection.getSnapshot()).toEqual({ state: 'stopped' });
  });

  it('closes its connection when the user signs out', async () => {
    await using server = await modelServer();
    const alice = connectAs('alice', server.url);
    await alice.live();
    await alice.erase();
    await until(() => expect(server.sockets).toBe(0));
  });

  it('opens nothing before `start()` when it is asked to wait', async () => {
    await using server = await modelServer();
    await using alice = connectAs('alice', server.url, { start: false });
    expect(alice.connection.getSnapshot()).toEqual({ state: 'stopped' });
    const live = alice.live();
    expect(server.opened).toBe(0);
    alice.start();
    await live;
  });

  it.each([
    ['url', { url: 'https://example.com/trpc' }],
    ['url', { url: undefined }],
    ['token', { token: 7 }],
    ['router', { router: '' }],
    ['router', { router: undefined }],
    ['userId', { userId: 'not a name' }],
    ['contentTypes', { contentTypes: undefined }],
    ['contentTypes', { contentTypes: ['text', 7] }],
    ['contentTypes', { contentTypes: 'text' }],
    ['WebSocket', { WebSocket: 'ws' }],
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['tokenTimeoutMs', { tokenTimeoutMs: Number.POSITIVE_INFINITY }],
    ['sendTimeoutMs', { sendTimeoutMs: '30' }],
    ['pageSize', { pageSize: 501 }],
  ])('names the option that is wrong: %s in %o', (field, wrong) => {
    const options = { ...optionsFor('alice', NOBODY), ...wrong } as Options;
    expect(() => connect<AppRouter>(options)).toThrow(expect.objectContaining({ code: 'invalid_input', field }));
  });
});

describe('the wait until a client is live', () => {
  it('ends at its time limit with what the connection waits for', async () => {
    await using alice = connectAs('alice', NOBODY, { backoff: { baseMs: 60_000, capMs: 60_000 } });
    await until(() => alice.connection.getSnapshot().state === 'waiting');
    const now = alice.connection.getSnapshot();
    await expect(alice.live({ timeoutMs: 1 })).rejects.toMatchObject({
      code: 'unavailable',
      detail: `not live within 1 ms (timeoutMs): ${'cause' in now && now.cause.detail}`,
    });
  });

  it('ends with the reason of a signal, also one that was aborted before', async () => {
    await using alice = connectAs('alice', NOBODY);
    const reason = new Error('the person went elsewhere');
    const leaving = new AbortController();
    const waiting = alice.live({ signal: leaving.signal });
    leaving.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(alice.live({ signal: leaving.signal })).rejects.toBe(reason);
  });

  it('ends when the identity is refused', async () => {
    await using server = await modelServer();
    server.accepts = () => false;
    await using alice = connectAs('alice', server.url);
    await expect(alice.live()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('ends when the client is closed', async () => {
    const alice = connectAs('alice', NOBODY);
    const waiting = expect(alice.live()).rejects.toMatchObject({ code: 'closing' });
    await alice.close();
    await waiting;
    await expect(alice.live()).rejects.toMatchObject({ code: 'closing' });
  });

  it('takes a time limit from 1 ms to a day', async () => {
    await using alice = connectAs('alice', NOBODY);
    for (const timeoutMs of [0, 1.5, 86_400_001, Number.NaN]) {
      await expect(alice.live({ timeoutMs })).rejects.toMatchObject({ code: 'invalid_input', field: 'timeoutMs' });
    }
  });
});
