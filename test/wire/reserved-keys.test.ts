import { createMessaging, guardTransformer } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { startPlainApp } from '../foreign/plain-app.ts';
import { startApp } from '../support/app.ts';

/** Sends a text as it is, which `JSON.stringify` would not write, and gives the answer to it. */
async function sendText(port: number, call: string): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/trpc?connectionParams=1`);
  try {
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const answer = new Promise<string>((resolve) => socket.once('message', (data) => resolve(data.toString())));
    socket.send('{"method":"connectionParams","data":{"token":"token-alice"}}');
    socket.send(call);
    return await answer;
  } finally {
    socket.terminate();
  }
}

const KEYS = ['__proto__', 'constructor', 'prototype'];
const input = (content: string) =>
  `{"conversationId":"d:alice,bob","clientMessageId":"m1","type":"text","content":${content}}`;
const call = (given: string) => `{"id":1,"method":"mutation","params":{"path":"chat.send","input":${given}}}`;
/** At the top, deeper, and with an escape in the key. */
const contents = (key: string) => [
  [`{"text":"hi","${key}":{"a":1}}`, `content.${key}`],
  [`{"text":"hi","more":[{"${key}":null}]}`, `content.more.0.${key}`],
  [`{"text":"hi","\\u00${key.charCodeAt(0).toString(16)}${key.slice(1)}":5}`, `content.${key}`],
];

test.each(KEYS)('content with a key named %s is refused over plain JSON, and nothing is stored', async (key) => {
  await using app = await startPlainApp();
  for (const [content = '', field] of contents(key)) {
    const answer = await sendText(app.port, call(input(content)));
    expect(answer).toContain(`"message":"invalid_content [${field}]: must not have a key named ${key}"`);
    const response = await fetch(`http://127.0.0.1:${app.port}/trpc/chat.send`, {
      method: 'POST',
      headers: { authorization: 'token-alice', 'content-type': 'application/json' },
      body: input(content),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(`invalid_content [${field}]: `);
  }
  const list = await sendText(app.port, '{"id":1,"method":"query","params":{"path":"chat.conversations.list"}}');
  expect(list).toContain('"conversations":[]');
});

test.each(KEYS)('content with a key named %s is refused with superjson, and nothing is stored', async (key) => {
  await using app = await startApp();
  for (const [content = '', field] of contents(key)) {
    const answer = await sendText(app.port, call(`{"json":${input(content)}}`));
    const code = key === '__proto__' ? 'invalid_input' : 'invalid_content';
    expect(answer).toContain(`"message":"${code} [${field}]: must not have a key named ${key}"`);
  }
  const list = await sendText(app.port, '{"id":1,"method":"query","params":{"path":"chat.conversations.list"}}');
  expect(list).toContain('"conversations":[]');
});

test('over HTTP it is refused with superjson where the transformer is guarded', async () => {
  const t = initTRPC.context<{ user: string }>().create({ transformer: guardTransformer(superjson) });
  const messaging = createMessaging({ content: { text: z.object({ text: z.string() }) }, storage: memoryStorage() });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const req = new Request('http://localhost/trpc/chat.send', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"json":${input('{"text":"hi","__proto__":{"a":1}}')}}`,
  });
  const response = await fetchRequestHandler({
    endpoint: '/trpc',
    req,
    router,
    createContext: () => ({ user: 'alice' }),
  });
  await messaging.close();
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('invalid_input [content.__proto__]: must not have a key named __proto__');
});
