import { type ConversationSeq, parseUserId } from '@tidemark/core';
import { postgresStorage } from '@tidemark/storage-postgres';
import { conversationBuilder, seededIds } from '@tidemark/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgres } from '../../../test/support/services/postgres.ts';

const REACTORS = 300;

test('a page reads the counts of its messages and the viewer’s own reactions, however many have reacted', async () => {
  await using service = await startPostgres({ durable: false });
  const pool = new pg.Pool({ connectionString: service.url, max: 1 });
  const storage = postgresStorage({ pool });
  await storage.open();
  const users = Array.from({ length: REACTORS }, (_, nth) => parseUserId(`user${nth}`));
  const chat = conversationBuilder({ ids: seededIds(), memberIds: users });
  const message = chat.message();
  for (const from of users) chat.react(message, '👍', { from });
  expect(await storage.history.append(chat.events)).toEqual({ conflict: undefined });

  const plans: string[] = [];
  const client = await pool.connect();
  client.on('notice', ({ message: said }) => plans.push(said ?? ''));
  await client.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
    set client_min_messages = log`);
  client.release();
  const { conversationId } = chat;
  const [userId] = users.slice(-1) as [(typeof users)[number]];
  const target = message.conversationSeq;
  const page = await storage.history.range({ userId, conversationId, after: target - 1, limit: 1 });
  expect(page.registers.map(({ name, seq }) => [name, seq])).toEqual([
    ['reactions', chat.state.head],
    ['reaction', chat.state.head],
  ]);
  await storage.history.findShown([{ conversationId, target, viewer: userId }]);
  const of = [{ conversationId, target: target as ConversationSeq, name: 'reaction', key: '👍' } as const];
  expect(await storage.history.owners({ of, limit: 3 })).toHaveLength(3);
  await storage.close();
  await pool.end();

  expect(plans).toHaveLength(3);
  const rows = plans.join('\n').match(/(?<=Rows Removed by \w+: |actual time=[\d.]+ rows=)\d+/g) ?? [];
  expect(rows.length).toBeGreaterThan(10);
  expect(Math.max(...rows.map(Number)), plans.join('\n')).toBeLessThan(10);
});
