import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { testServer, until } from '@tidemark/testkit/application';
import { initTRPC } from '@trpc/server';
import { expect, test } from 'vitest';
import { z } from 'zod';

const PAGE = 5;

function createApp() {
  const t = initTRPC.context<{ user: { id: string } }>().create();
  const content = { text: z.object({ text: z.string() }) };
  const messaging = createMessaging({ content, storage: memoryStorage(), limits: { page: PAGE } });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }) });
  return { messaging, router };
}

test.each([1, 2, 3, 5].map((pages) => [pages * PAGE, pages] as const))(
  'a device that missed %i messages, exactly %i pages, is live afterwards and has all of them',
  async (missed) => {
    await using server = await testServer(() => ({
      ...createApp(),
      createContext: ({ info }) => ({ user: { id: info.connectionParams?.['token'] ?? '' } }),
    }));
    const phone = server.device('bob');
    const bob = phone.client(phone.trpc.chat, { contentTypes: ['text'], pageSize: PAGE });
    const laptop = server.device('alice');
    const alice = laptop.client(laptop.trpc.chat, { contentTypes: ['text'] });
    const say = (words: string) => alice.direct('bob').send({ type: 'text', content: { text: words } }).receipt;
    const state = () => bob.connection.getSnapshot();
    // So that what is missed begins at the beginning of a page: nothing but messages from then on.
    await say('before');
    await until(() => state().state === 'live' && bob.unread.getSnapshot() === 1);

    const seen: string[] = [];
    bob.on('message', ({ content }) => {
      if ('text' in content) seen.push(String(content.text));
    });
    phone.offline();
    const words = Array.from({ length: missed }, (_, index) => `missed ${index}`);
    for (const each of words) await say(each);
    phone.online();
    await until(() => state().state === 'live');
    await until(() => seen.length >= missed);
    expect(seen).toEqual(words);
    expect(state()).toEqual({ state: 'live' });
    await say('and goes on');
    await until(() => seen.at(-1) === 'and goes on');
  },
);
