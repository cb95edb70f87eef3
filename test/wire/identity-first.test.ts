import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { initTRPC as floorInitTRPC } from 'trpc-floor/server';
import { fetchRequestHandler as floorHandler } from 'trpc-floor/server/fetch';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

// Typed as the current one: what is told apart here is how they run.
const SERVERS = [
  ['current', initTRPC, fetchRequestHandler],
  ['floor', floorInitTRPC as unknown as typeof initTRPC, floorHandler as unknown as typeof fetchRequestHandler],
] as const;

/** Messaging over HTTP, and how many inputs were deserialised. */
function openHttp(init: typeof initTRPC, handler: typeof fetchRequestHandler, limits: { callBurst?: number } = {}) {
  const messaging = createMessaging({
    content: { text: z.object({ text: z.string() }) },
    storage: memoryStorage(),
    limits: { callsPerSecond: 0.001, ...limits },
  });
  let deserialised = 0;
  const t = init.context<{ user: string | null }>().create({
    transformer: {
      serialize: (value: unknown) => value,
      deserialize: (value: unknown) => {
        deserialised += 1;
        return value;
      },
    },
  });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  return {
    deserialised: () => deserialised,
    post: async (user: string | null, procedure: string, input: unknown) => {
      const request = new Request(`http://localhost/trpc/${procedure}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input),
      });
      const response = await handler({ endpoint: '/trpc', req: request, router, createContext: () => ({ user }) });
      return { status: response.status, body: await response.text() };
    },
    [Symbol.asyncDispose]: () => messaging.close(),
  };
}

describe.each(SERVERS)('on the %s tRPC', (_, init, handler) => {
  const group = { memberIds: ['bob'], commandId: 'c1' };

  test('the input of a stranger is not even deserialised', async () => {
    await using http = openHttp(init, handler);
    expect(await http.post(null, 'chat.conversations.createGroup', group)).toMatchObject({
      status: 401,
      body: expect.stringContaining('unauthenticated: '),
    });
    expect(http.deserialised()).toBe(0);
    expect(await http.post('alice', 'chat.conversations.createGroup', group)).toMatchObject({ status: 200 });
    expect(http.deserialised()).toBe(1);
  });

  test('nor is that of a caller beyond their rate', async () => {
    await using http = openHttp(init, handler, { callBurst: 1 });
    expect(await http.post('alice', 'chat.conversations.createGroup', group)).toMatchObject({ status: 200 });
    expect(await http.post('alice', 'chat.conversations.createGroup', group)).toMatchObject({ status: 429 });
    expect(http.deserialised()).toBe(1);
  });

  test('a bad input is answered with the field and the rule, as before', async () => {
    await using http = openHttp(init, handler);
    expect(await http.post('alice', 'chat.conversations.createGroup', { memberIds: ['b', ''] })).toMatchObject({
      status: 400,
      body: expect.stringContaining('invalid_input [memberIds.1]: must be 1 to 128 visible ASCII characters'),
    });
  });
});
