import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECURITY_HEADERS } from '../../examples/chat-web/server/security-headers.ts';
import { type ChatWeb, startChatWeb } from '../support/chat-web.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';
import { rawRequest } from './raw-request.ts';
import { RAW_CASES } from './requests.ts';

describe('the server of the chat', () => {
  let page: string;
  let chat: ChatWeb;
  let port: number;

  beforeAll(async () => {
    page = await makeTempFolder();
    await mkdir(join(page, 'assets'));
    await mkdir(join(page, 'folder.js'));
    await writeFile(join(page, 'index.html'), '<!doctype html><title>The page</title>');
    await writeFile(join(page, 'assets', 'main-1234.js'), 'export {};');
    chat = await startChatWeb({ page });
    port = Number(new URL(chat.url).port);
  }, 120_000);
  afterAll(async () => {
    await chat?.[Symbol.asyncDispose]();
    removeTempFolder(page);
  });

  test.each(RAW_CASES)('answers $name, and goes on', async ({ bytes, status, hangUp }) => {
    const answer = await rawRequest(port, bytes, { hangUp });
    if (status !== null) {
      expect(answer.status).toBe(status);
      expect([...answer.headers.keys()]).toEqual(expect.arrayContaining(Object.keys(SECURITY_HEADERS)));
    }
    expect((await fetch(chat.url)).status).toBe(200);
  });

  test('tells browsers to run scripts of its own files alone, and what may be kept', async () => {
    const [html, asset, missing, call] = await Promise.all(
      ['/', '/assets/main-1234.js', '/assets/main-0000.js', '/trpc/people'].map((path) => fetch(chat.url + path)),
    );
    for (const answer of [html, asset, missing, call]) {
      const policy = answer?.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'self'");
      expect(policy).not.toContain('unsafe');
      expect(answer?.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer?.headers.get('referrer-policy')).toBe('no-referrer');
    }
    const kept = [html, asset, missing, call].map((answer) => answer?.headers.get('cache-control'));
    expect(kept).toEqual(['no-cache', 'public, max-age=31536000, immutable', 'no-store', 'no-store']);
  });

  test('answers while its page is missing, and serves it once it is there', async () => {
    const index = join(page, 'index.html');
    await rm(index);
    expect((await fetch(chat.url)).status).toBe(503);
    await writeFile(index, '<!doctype html><title>Again</title>');
    expect(await (await fetch(chat.url)).text()).toContain('Again');
  });

  test('keeps what people write from other users of the machine', async () => {
    const folder = dirname(chat.database);
    await signIn('Somebody new');
    const modes: Record<string, string> = {};
    for (const name of ['', 'chat.db', 'chat.db-wal', 'chat.db-shm', 'people.json', 'sessions.json']) {
      modes[name] = ((await stat(join(folder, name))).mode & 0o777).toString(8);
    }
    expect(modes).toEqual({
      '': '700',
      'chat.db': '600',
      'chat.db-wal': '600',
      'chat.db-shm': '600',
      'people.json': '600',
      'sessions.json': '600',
    });
  });

  function signIn(name: string): Promise<Response> {
    return fetch(`${chat.url}/sign-in`, { method: 'POST', body: JSON.stringify({ name }) });
  }
});
