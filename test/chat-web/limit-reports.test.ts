import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChatServer } from '../../examples/chat-web/server/chat-server.ts';
import { LimitReports, type ReachedLimit } from '../../examples/chat-web/server/limit-reports.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

describe('reports of the chat of limits that were reached', () => {
  let folder: string;
  let chat: Awaited<ReturnType<typeof startChatServer>>;
  let url: string;
  const reported: ReachedLimit[] = [];

  beforeAll(async () => {
    folder = await makeTempFolder();
    chat = await startChatServer({
      folder,
      port: 0,
      page: (_request, response) => response.end(),
      onLimitReached: (event) => reported.push(event),
      limits: {
        // The six of the demonstration, and one more.
        people: 7,
        signIns: { burst: 9, perSecond: 0.001 },
        ownCalls: { burst: 1, perSecond: 0.001 },
        sessionsPerUser: 2,
        sessions: 3,
        signInBytes: 100,
        bodyBytes: 1_000,
        callsPerRequest: 4,
      },
    });
    url = `http://127.0.0.1:${chat.port}`;
  });
  afterAll(async () => {
    await chat?.close();
    removeTempFolder(folder);
  });

  test('each limit refuses by its name, and is reported with the caller whom it stopped', async () => {
    const address = '127.0.0.1';
    const [first, second] = [await signIn('alice'), await signIn('alice')];
    expect((await signIn('alice')).status).toBe(200);
    expect(reported.splice(0)).toEqual([{ limit: 'limits.sessionsPerUser', userId: 'alice' }]);
    expect((await call('people', (await first.json()).token)).status).toBe(401);
    const { token } = await second.json();

    const batch = Array.from({ length: 5 }, () => 'people').join(',');
    expect((await call('people', token)).status).toBe(200);
    await refused(call('people', token), 429, { limit: 'limits.ownCalls', userId: 'alice' });
    await refused(call(`${batch}?batch=1`, token), 400, { limit: 'limits.callsPerRequest', userId: 'alice' });
    await refused(call('chat.send', token, 'a'.repeat(1_001)), 413, { limit: 'limits.bodyBytes', userId: 'alice' });

    await refused(signIn('a'.repeat(200)), 413, { limit: 'limits.signInBytes', address });
    const { token: other } = await (await signIn('Somebody')).json();
    const stopped = { userId: 'somebody' };
    const encoded = batch.replaceAll(',', '%2C');
    await refused(call(`${encoded}?batch=1`, other), 400, { limit: 'limits.callsPerRequest', ...stopped });
    const lengthless = new Blob(['a'.repeat(2_000)]).stream();
    const cut = await call('chat.send', other, lengthless);
    expect([cut.status, reported.splice(0)]).toEqual([413, [{ limit: 'limits.bodyBytes', ...stopped }]]);
    await refused(signIn('Somebody else'), 503, { limit: 'limits.people', address });
    await refused(signIn('bob'), 503, { limit: 'limits.sessions', address });
    for (let spent = 0; spent < 2; spent += 1) await signIn('');
    await refused(signIn('bob'), 429, { limit: 'limits.signIns', address });
  });

  test('a limit and caller are reported once a second, and each of them by itself', () => {
    let now = 0;
    const events: ReachedLimit[] = [];
    const reports = new LimitReports(
      (event) => events.push(event),
      () => now,
    );
    for (let call = 0; call < 1_000; call += 1) {
      reports.reached('signIns', { address: '192.0.2.1' });
      reports.reached('signIns', { address: '192.0.2.2' });
      reports.reached('ownCalls', { userId: 'alice' });
      now += 2;
    }
    expect(events).toHaveLength(6);
    expect(events.slice(0, 3)).toEqual([
      { limit: 'limits.signIns', address: '192.0.2.1' },
      { limit: 'limits.signIns', address: '192.0.2.2' },
      { limit: 'limits.ownCalls', userId: 'alice' },
    ]);
  });

  async function refused(asked: Promise<Response>, status: number, event: ReachedLimit): Promise<void> {
    const answer = await asked;
    expect([answer.status, reported.splice(0)]).toEqual([status, [event]]);
    expect(await answer.text()).toContain(event.limit);
  }

  function signIn(name: string): Promise<Response> {
    return fetch(`${url}/sign-in`, { method: 'POST', body: JSON.stringify({ name }) });
  }

  function call(path: string, token: string, body?: string | ReadableStream): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const post: RequestInit & { duplex: 'half' } = { method: 'POST', body: body ?? null, duplex: 'half' };
    return fetch(`${url}/trpc/${path}`, { headers, ...(body === undefined ? {} : post) });
  }
});
