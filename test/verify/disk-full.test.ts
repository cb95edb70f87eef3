import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError, type UserId } from '@tidemark/core';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { batchFor, conversationBuilder, seqCounter } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { fillDisk, watchDisk } from './disk-full.ts';

test('a full disk is SQLITE_FULL in the midst of a commit, which leaves nothing behind and succeeds when there is room', async () => {
  watchDisk();
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-disk-full-'));
  const storage = sqliteStorage({ path: join(folder, 'messaging.db') });
  try {
    await storage.open();
    const chat = conversationBuilder({ memberIds: ['alice', 'bob'] as UserId[] });
    const counter = seqCounter();
    await storage.commit(batchFor(chat, [chat.created], counter));

    expect(fillDisk(true)).toBe(1);
    const content = { text: 'x'.repeat(4_000) };
    const batch = batchFor(chat, [chat.message({ content }), chat.message({ content })], counter);
    const failure = await storage.commit(batch).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnavailableError);
    expect((failure as { cause?: { code?: string } }).cause?.code).toBe('SQLITE_FULL');
    expect((await storage.history.load([chat.conversationId])).get(chat.conversationId)?.head).toBe(1);
    expect((await storage.inbox.bounds(['alice' as UserId])).get('alice' as UserId)?.head).toBe(1);

    fillDisk(false);
    expect(await storage.commit(batch)).toEqual({ conflict: undefined });
    expect((await storage.history.load([chat.conversationId])).get(chat.conversationId)?.head).toBe(3);
  } finally {
    await storage.close();
    await rm(folder, { recursive: true, force: true });
  }
  expect(fillDisk(true)).toBe(0);
});
