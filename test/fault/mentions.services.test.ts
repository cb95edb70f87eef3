import { directConversationId } from '@tidemark/core';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { connectHttp, eventually, startApp } from '../support/app.ts';
import { lastingDevice } from '../support/lasting-device.ts';
import {
  mariadbDatabase,
  mongoBeside,
  postgresDatabase,
  type Restorable,
  sqliteFile,
} from '../support/restorable-stores.ts';
import { startRedis } from '../support/services/redis.ts';

const conversationId = directConversationId('alice', 'bob');
const mentions = { users: ['bob'] };

const stores: [string, () => Promise<Restorable>][] = [
  ['Postgres', postgresDatabase],
  ['MariaDB', mariadbDatabase],
  ['MongoDB beside SQLite', async () => mongoBeside(await sqliteFile())],
];

test.each(stores)(
  'three are unread and the middle one mentions bob, an edit drops that, then it is revoked: one number on the server, two devices and a fresh one: %s',
  async (_, make) => {
    await using redisServer = await startRedis();
    await using store = await make();
    const { storage, end } = store.open();
    const redis = new Redis(redisServer.url);
    const app = await startApp({ storage, redis });
    try {
      const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
      const say = (clientMessageId: string, more: { mentions?: typeof mentions } = {}) =>
        alice.send.mutate({ conversationId, clientMessageId, type: 'text', content: { text: 'hi' }, ...more });
      const [there, away] = [await lastingDevice(conversationId).start(app), lastingDevice(conversationId)];

      /** The same everywhere: on a device that is there, on one that was away meanwhile, and on one that begins. */
      async function everywhere(what: string, expected: readonly number[], next: number | null): Promise<void> {
        const { unread, unreadMentions } = await bob.conversations.get.query({ conversationId });
        expect([unread, unreadMentions], `${what}, on the server`).toEqual(expected);
        const listed = (await bob.conversations.list.query({})).conversations[0];
        expect([listed?.unread, listed?.unreadMentions], `${what}, in the list`).toEqual(expected);
        const [back, fresh] = [await away.start(app), await lastingDevice(conversationId).start(app)];
        for (const device of [there, back, fresh]) {
          await eventually(what, () => JSON.stringify(device.unread()) === JSON.stringify(expected));
          expect(await device.nextMention()).toBe(next);
        }
        for (const device of [back, fresh]) await device.close();
      }

      await say('m-2');
      const { conversationSeq: seq } = await say('m-3', { mentions });
      await say('m-4');
      await everywhere('one of three mentions bob', [3, 1], seq);
      await alice.edit.mutate({ conversationId, target: { seq }, type: 'text', content: { text: 'hello' } });
      await everywhere('an edit has dropped the mention', [3, 0], null);
      await alice.revoke.mutate({ conversationId, targets: [{ seq }] });
      await everywhere('it is revoked', [2, 0], null);
      await alice.edit.mutate({ conversationId, target: { seq: 4 }, type: 'text', content: { text: 'bob' }, mentions });
      await everywhere('an edit mentions bob', [2, 1], 4);
      await alice.revoke.mutate({ conversationId, targets: [{ seq: 4 }] });
      await everywhere('that is revoked', [1, 0], null);
      await there.close();
    } finally {
      await app[Symbol.asyncDispose]();
      redis.disconnect();
      await end();
    }
  },
);

type Chat = ReturnType<typeof connectHttp>['chat'];
