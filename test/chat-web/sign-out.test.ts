import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startChatServer } from '../../examples/chat-web/server/chat-server.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

describe('signing in and out of the chat', () => {
  let folder: string;
  let chat: Awaited<ReturnType<typeof startChatServer>>;
  let url: string;

  beforeAll(async () => {
    folder = await makeTempFolder();
    chat = await startChatServer({
      folder,
      port: 0,
      page: (_request, response) => response.end(),
      limits: { signIns: { burst: 6, perSecond: 0.001 }, ownCalls: { burst: 3, perSecond: 0.001 }, bodyBytes: 10_000 },
    });
    url = `http://127.0.0.1:${chat.port}`;
  });
  afterAll(async () => {
    await chat?.close();
    removeTempFolder(folder);
  });

  test('signing out ends the token, over HTTP and WebSocket, and closes what it has open with 4409, and nothing else', async () => {
    const [leaving, staying] = [await signIn('alice'), await signIn('alice')];
    const [gone, kept] = [await connect(leaving), await connect(staying)];
    const stream = await fetch(`${url}/trpc/chat.inbox.feed`, { headers: bearer(leaving) });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const streamEnd = drain(stream);

    expect((await post('/sign-out', {}, bearer(leaving))).status).toBe(200);
    expect(await gone.closed).toBe(4409);
    await streamEnd;
    expect((await fetch(`${url}/trpc/chat.inbox.head`, { headers: bearer(leaving) })).status).toBe(401);
    expect(await (await connect(leaving)).closed).toBe(4401);

    expect((await fetch(`${url}/trpc/chat.inbox.head`, { headers: bearer(staying) })).status).toBe(200);
    expect(kept.socket.readyState).toBe(WebSocket.OPEN);
    kept.socket.close();
  });

  test('answers to calls are kept by nobody, and a batch or a body beyond its limit is refused', async () => {
    const headers = { ...bearer(await signIn('bob')), 'content-type': 'application/json' };
    const one = await fetch(`${url}/trpc/chat.inbox.head`, { headers });
    expect([one.status, one.headers.get('cache-control')]).toEqual([200, 'no-store']);

    const input = encodeURIComponent(JSON.stringify({}));
    const batch = Array.from({ length: 33 }, () => 'chat.inbox.head').join(',');
    expect((await fetch(`${url}/trpc/${batch}?batch=1&input=${input}`, { headers })).status).toBe(400);
    const long = JSON.stringify({ text: 'a'.repeat(20_000) });
    const refused = await fetch(`${url}/trpc/chat.send`, { method: 'POST', headers, body: long });
    expect(refused.status).toBe(413);
    expect(await refused.text()).toContain('limits.bodyBytes');
  });

  test('calls of the application itself are limited for each user, by name', async () => {
    const [carol, dina] = [bearer(await signIn('carol')), bearer(await signIn('dina'))];
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) {
      const answer = await fetch(`${url}/trpc/people`, { headers: carol });
      statuses.push(answer.status);
      if (answer.status !== 200) expect(await answer.text()).toContain('limits.ownCalls');
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await fetch(`${url}/trpc/people`, { headers: dina })).status).toBe(200);
  });

  test('more sign-ins of one address than its limit are refused by name, with the time to wait', async () => {
    // Five were made above.
    expect((await post('/sign-in', { name: 'esra' })).status).toBe(200);
    const refused = await post('/sign-in', { name: 'esra' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toEqual({ error: expect.stringContaining('limits.signIns') });
  });

  async function signIn(name: string): Promise<string> {
    const answer = await post('/sign-in', { name });
    return ((await answer.json()) as { token: string }).token;
  }

  function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Resolves when the server has accepted the token, or has closed. */
  async function connect(token: string): Promise<{ socket: WebSocket; closed: Promise<number> }> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc?connectionParams=1`);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }));
    socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'chat.inbox.head' } }));
    await Promise.race([new Promise((resolve) => socket.once('message', resolve)), closed]);
    return { socket, closed };
  }
});

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Resolves when the stream has ended, in whatever way. */
async function drain(answer: Response): Promise<void> {
  try {
    for await (const _ of answer.body ?? []);
  } catch {
    // Cut off, which is an end.
  }
}
