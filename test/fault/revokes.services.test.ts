import { type ConversationSeq, directConversationId } from '@tidemark/core';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { connectHttp, startApp } from '../support/app.ts';
import { lastingDevice } from '../support/lasting-device.ts';
import { refusal } from '../support/refusal.ts';
import {
  mariadbDatabase,
  mongoBeside,
  postgresDatabase,
  type Restorable,
  sqliteFile,
} from '../support/restorable-stores.ts';
import { startRedis } from '../support/services/redis.ts';

const conversationId = directConversationId('alice', 'bob');
const SECRET = 'secret';

const stores: [string, () => Promise<Restorable>][] = [
  ['Postgres', postgresDatabase],
  ['MariaDB', mariadbDatabase],
  ['MongoDB beside SQLite', async () => mongoBeside(await sqliteFile())],
];

test.each(stores)(
  'bob is away with what alice takes back from one device and edits on another: a tombstone, by catch-up and by reset: %s',
  async (_, make) => {
    await using redisServer = await startRedis();
    await using store = await make();
    const { storage, end } = store.open();
    const redis = new Redis(redisServer.url);
    const app = await startApp({ storage, redis });
    try {
      const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
      const say = (clientMessageId: string, text: string) =>
        alice.send.mutate({ conversationId, clientMessageId, type: 'text', content: { text } });
      await say('m-1', 'one');
      const places: ConversationSeq[] = [];
      for (const id of ['m-2', 'm-3']) places.push((await say(id, `${SECRET} ${id}`)).conversationSeq);
      const lasting = lastingDevice(conversationId);
      const before = await lasting.start(app);
      expect(await before.texts(3)).toEqual(['one', `${SECRET} m-2`, `${SECRET} m-3`]);
      await before.close();
      await bob.react.mutate({ conversationId, target: { seq: places[0] as number }, key: '👍' });

      // Both orders, each delivered twice.
      const [first, second] = places as [ConversationSeq, ConversationSeq];
      const edit = (seq: number, commandId: string) => {
        const content = { text: `${SECRET}, edited` };
        return alice.edit.mutate({ conversationId, target: { seq }, type: 'text', content, commandId });
      };
      const revoke = (seq: number, commandId: string) =>
        alice.revoke.mutate({ conversationId, targets: [{ seq }], commandId });
      const edited = [await edit(first, 'e-1'), await edit(first, 'e-1')];
      const revoked = [await revoke(first, 'r-1'), await revoke(first, 'r-1')];
      expect([edited[1], revoked[1]]).toEqual([edited[0], revoked[0]]);
      await Promise.all([revoke(second, 'r-2'), revoke(second, 'r-2')]);
      for (let time = 0; time < 2; time++) {
        expect(await refusal(edit(second, 'e-2'))).toMatchObject({ code: 'revoked', field: 'target' });
      }

      const [again, fresh] = [await lasting.start(app), await lastingDevice(conversationId).start(app)];
      for (const device of [again, fresh]) {
        const shown = (await device.texts(3)).join();
        expect(shown).toContain('one');
        expect(shown.match(/"revoked":/g)).toHaveLength(2);
        expect(shown).not.toContain(SECRET);
        await device.close();
      }
      expect([again.resets, fresh.resets]).toEqual([[], ['new']]);
      expect(await bob.conversations.get.query({ conversationId })).toMatchObject({ unread: 1 });

      const { head } = await bob.conversations.get.query({ conversationId });
      const refs = Array.from({ length: head }, (_, nth) => ({ conversationId, conversationSeq: (nth + 1) as never }));
      const log = (await storage.history.findByRef(refs)).sort((a, b) => a.conversationSeq - b.conversationSeq);
      expect(log.map(({ type }) => type)).toEqual([
        'conversation.created',
        'message.sent',
        'message.erased',
        'message.erased',
        'reaction.changed',
        'edit.erased',
        'message.revoked',
        'message.revoked',
      ]);
      expect(JSON.stringify(log)).not.toContain(SECRET);
    } finally {
      await app[Symbol.asyncDispose]();
      redis.disconnect();
      await end();
    }
  },
);

type Chat = ReturnType<typeof connectHttp>['chat'];
