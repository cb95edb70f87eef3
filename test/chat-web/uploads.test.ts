import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startChatServer } from '../../examples/chat-web/server/chat-server.ts';
import type { ReachedLimit } from '../../examples/chat-web/server/limit-reports.ts';
import type { ChatLimits } from '../../examples/chat-web/server/limits.ts';
import type { Uploaded } from '../../examples/chat-web/server/uploads.ts';
import { eventually } from '../support/patience.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe('files of messages', () => {
  let folder: string;
  let chat: Awaited<ReturnType<typeof startChatServer>>;
  let url: string;
  let token: string;
  const reached: ReachedLimit[] = [];

  async function start(limits: Partial<ChatLimits> = {}): Promise<void> {
    chat = await startChatServer({
      folder,
      port: 0,
      page: (_, response) => response.end('the page'),
      limits,
      onLimitReached: (event) => reached.push(event),
    });
    url = `http://127.0.0.1:${chat.port}`;
    const answer = await fetch(`${url}/sign-in`, { method: 'POST', body: JSON.stringify({ name: 'alice' }) });
    token = ((await answer.json()) as { token: string }).token;
  }
  beforeEach(async () => {
    folder = await makeTempFolder();
    reached.length = 0;
  });
  afterEach(async () => {
    await chat.close();
    removeTempFolder(folder);
  });

  const as = (bearer: string) => ({ authorization: `Bearer ${bearer}` });
  const put = (body: BodyInit, bearer = token) =>
    fetch(`${url}/uploads`, { method: 'POST', headers: as(bearer), body, duplex: 'half' } as RequestInit);
  const get = (ref: string, bearer = token) => fetch(`${url}/uploads/${ref}`, { headers: as(bearer) });
  const kept = () => readdir(join(folder, 'uploads'));

  test('are kept as they are, for the user who runs the server alone, and given to whoever is signed in', async () => {
    await start();
    const answer = await put(PNG);
    const uploaded = (await answer.json()) as Uploaded;
    expect(uploaded).toEqual({
      ref: expect.stringMatching(/^[\w-]{22}\.png$/),
      size: PNG.length,
      mime: 'image/png',
      sha256: createHash('sha256').update(PNG).digest('hex'),
    });
    const file = await get(uploaded.ref);
    expect(Buffer.from(await file.arrayBuffer())).toEqual(PNG);
    expect(file.headers.get('content-type')).toBe('image/png');
    expect(file.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(((await stat(join(folder, 'uploads', uploaded.ref))).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(join(folder, 'uploads'))).mode & 0o777).toString(8)).toBe('700');
  });

  test('are what their bytes are, whatever is said of them', async () => {
    await start();
    const page = (await (await put('<script>alert(1)</script>')).json()) as Uploaded;
    expect(page.mime).toBe('application/octet-stream');
    const file = await get(page.ref);
    expect(file.headers.get('content-type')).toBe('application/octet-stream');
    expect(file.headers.get('content-disposition')).toBe('attachment');
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('are for nobody who is not signed in, and no path leads out of their folder', async () => {
    await start();
    const { ref } = (await (await put(PNG)).json()) as Uploaded;
    expect((await put(PNG, 'nobody')).status).toBe(401);
    expect((await get(ref, 'nobody')).status).toBe(401);
    expect((await fetch(`${url}/uploads/${ref}`)).status).toBe(401);
    for (const other of ['a'.repeat(22), 'x.png', '..%2fpeople.json', `${ref}.part`, `${ref}/x`, '']) {
      expect((await get(other)).status, other).toBeGreaterThanOrEqual(400);
    }
    expect(await kept()).toEqual([ref]);
  });

  test('that are too large, too many or empty are refused, and nothing of them stays', async () => {
    await start({ uploadBytes: 1_000, allUploadBytes: 1_500, uploads: { burst: 6, perSecond: 0.001 } });
    expect((await put(Buffer.alloc(1_001))).status).toBe(413);
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(600)),
    });
    expect(
      await put(endless).then(
        ({ status }) => status,
        () => 413,
      ),
    ).toBe(413);
    expect((await put('')).status).toBe(400);
    expect((await put(Buffer.alloc(1_000))).status).toBe(200);
    expect((await put(Buffer.alloc(600))).status).toBe(507);
    expect((await put(Buffer.alloc(400))).status).toBe(200);
    const stopped = await put(Buffer.alloc(1));
    expect([stopped.status, stopped.headers.has('retry-after')]).toEqual([429, true]);
    expect(await kept()).toHaveLength(2);
    expect(new Set(reached.map(({ limit }) => limit))).toEqual(
      new Set(['limits.uploadBytes', 'limits.allUploadBytes', 'limits.uploads']),
    );
  });

  test('go with a message that is taken back', async () => {
    await start();
    const { ref, size, mime } = (await (await put(PNG)).json()) as Uploaded;
    const other = (await (await put(PNG)).json()) as Uploaded;
    const call = (path: string, input: object) =>
      fetch(`${url}/trpc/chat.${path}`, {
        method: 'POST',
        headers: { ...as(token), 'content-type': 'application/json' },
        body: JSON.stringify(input),
      });
    const conversationId = 'u:alice';
    const content = { file: { ref, name: 'tide.png', size, mime } };
    const sent = await call('send', { conversationId, clientMessageId: 'one', type: 'image', content });
    expect(sent.status, await sent.text()).toBe(200);
    const target = { senderId: 'alice', clientMessageId: 'one' };
    const revoked = await call('revoke', { conversationId, targets: [target] });
    expect(revoked.status, await revoked.text()).toBe(200);
    await eventually('its file is gone', async () => (await get(ref)).status === 404);
    expect((await get(other.ref)).status).toBe(200);
  });

  test('count after a restart, too', async () => {
    await start();
    await put(Buffer.alloc(1_000));
    await chat.close();
    await start({ allUploadBytes: 1_500 });
    expect((await put(Buffer.alloc(600))).status).toBe(507);
  });
});
