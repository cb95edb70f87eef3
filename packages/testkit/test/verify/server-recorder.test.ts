import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError, type UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { conversationBuilder } from '../../src/builders/conversation-builder.ts';
import { batchFor, seqCounter } from '../../src/builders/seq-counter.ts';
import { readHistory } from '../../src/checker/history-file.ts';
import { recordServer } from '../../src/verify/server-recorder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-server-recorder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const chatOf = () => conversationBuilder({ memberIds: ['alice', 'bob'] as UserId[] });

test('what becomes of each commit is told before its caller learns it', async () => {
  const chat = chatOf();
  const counter = seqCounter();
  const inner = memoryStorage();
  await inner.open();
  let failure: Error | undefined;
  const storage = recordServer('server 0', folder).storage({
    ...inner,
    commit: async (batch) => {
      if (failure) throw failure;
      return inner.commit(batch);
    },
  });
  const batch = batchFor(chat, [chat.created], counter);
  await storage.commit(batch).then(() => expect(readHistory(folder)).toHaveLength(1));
  await storage.commit(batch);
  failure = new UnavailableError('gone');
  await expect(storage.commit(batchFor(chat, [chat.message()], counter))).rejects.toThrow('gone');
  const records = readHistory(folder);
  expect(records).toMatchObject([
    { by: 'server 0', type: 'commit', outcome: 'stored', events: [{ conversationSeq: 1 }] },
    { by: 'server 0', type: 'commit', outcome: 'conflict' },
    { by: 'server 0', type: 'commit', outcome: 'failed', events: [{ conversationSeq: 2 }] },
  ]);
  for (const record of records) {
    expect(record.at).toBeGreaterThanOrEqual((record as { startedAt: number }).startedAt);
  }
});

test('a frame is told before it leaves, and one without events is not told', async () => {
  const chat = chatOf();
  const sent: string[] = [];
  const told: number[] = [];
  const { notifier } = recordServer('server 1', folder).backplane({
    notifier: {
      publish: async (_: string, frame: string) => {
        told.push(readHistory(folder).length);
        sent.push(frame);
      },
      listen: async () => {},
    },
  });
  const frame = JSON.stringify({ deliveries: [{ event: chat.created, to: [['bob', 1]] }], replies: [] });
  const replies = JSON.stringify({ deliveries: [], replies: [{ call: 'c' }] });
  await notifier.publish('node', frame);
  await notifier.publish('node', replies);
  expect(sent).toEqual([frame, replies]);
  expect(told).toEqual([1, 1]);
  expect(readHistory(folder)).toMatchObject([
    { type: 'publish', events: [{ conversationId: chat.conversationId, conversationSeq: 1 }] },
  ]);
});

test('what messaging tells of itself is told as data, an error as its text', () => {
  const listeners = new Map<string, (payload: unknown) => void>();
  const messaging = { on: (name: never, listener: (payload: never) => void) => listeners.set(name, listener as never) };
  recordServer('server 0', folder).listen(messaging, () => 3);
  listeners.get('retried')?.({ what: 'read', error: new UnavailableError('no answer') });
  expect(readHistory(folder)).toMatchObject([
    {
      type: 'server-event',
      event: 'retried',
      payload: { what: 'read', error: 'UnavailableError: no answer' },
    },
  ]);
});
