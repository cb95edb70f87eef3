import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { PATIENCE_MS } from '../../../../test/support/patience.ts';
import { conversationBuilder } from '../../src/builders/conversation-builder.ts';
import { batchFor } from '../../src/builders/seq-counter.ts';
import { readHistory } from '../../src/checker/history-file.ts';
import { seededIds, seqCounter } from '../../src/index.ts';
import type { DeviceStatus } from '../../src/verify/device.ts';
import type { RunDevice } from '../../src/verify/device-process.ts';
import { dumpStores, untilQuiet } from '../../src/verify/final-phase.ts';
import { historyWriter } from '../../src/verify/history-writer.ts';

const USERS = ['alice', 'bob'] as UserId[];

async function storesWithMessages() {
  const storage = memoryStorage();
  await storage.open();
  const chat = conversationBuilder({ memberIds: USERS });
  const counter = seqCounter();
  await storage.commit(batchFor(chat, [chat.created, chat.message(), chat.message()], counter));
  return {
    stores: { history: storage.history, inbox: storage.inbox, close: () => storage.close() },
    chat,
    storage,
    counter,
  };
}

/** A device that answers with the next of these, and then with the last. */
function device(userId: string, answers: readonly DeviceStatus[]): RunDevice & { readonly asked: number } {
  let asked = 0;
  return {
    name: `device ${userId}/1`,
    userId,
    get asked() {
      return asked;
    },
    status: async () => answers[Math.min(asked++, answers.length - 1)] as DeviceStatus,
  } as Partial<RunDevice> as RunDevice & { readonly asked: number };
}

test('quiet is when every device is at its head with nothing to do, for a while', async () => {
  const { stores } = await storesWithMessages();
  const { epoch } = stores.inbox;
  const behind: string[] = [];
  const alice = device('alice', [
    { cursor: null, busyWith: 'connecting' },
    { cursor: `${epoch}:2`, busyWith: '' },
    { cursor: `${epoch}:3`, busyWith: '1 drafts' },
    { cursor: `${epoch}:3`, busyWith: '' },
  ]);
  const bob = device('bob', [{ cursor: `${epoch}:3`, busyWith: '' }]);
  expect(await untilQuiet([alice, bob], stores, PATIENCE_MS, (line) => behind.push(line))).toEqual({ quiet: true });
  expect(behind.slice(0, 3)).toEqual([
    'device alice/1 (connecting)',
    'device alice/1 (at 2 of 3)',
    'device alice/1 (1 drafts)',
  ]);
  expect(bob.asked).toBeGreaterThan(1);
});

test('what does not come to rest in time is named', async () => {
  const { stores } = await storesWithMessages();
  const stuck = device('bob', [{ cursor: `${stores.inbox.epoch}:1`, busyWith: '' }]);
  expect(await untilQuiet([stuck], stores, 300, () => {})).toEqual({
    quiet: false,
    waitingFor: 'device bob/1 (at 1 of 3)',
  });
});

test('inboxes that grow without anybody waiting are not quiet', async () => {
  const { stores, chat, storage, counter } = await storesWithMessages();
  const { epoch } = stores.inbox;
  let head = 3;
  const grows = setInterval(() => {
    head += 1;
    void storage.commit(batchFor(chat, [chat.message()], counter));
  }, 200);
  const follower = { ...device('alice', []), status: async () => ({ cursor: `${epoch}:${head}`, busyWith: '' }) };
  try {
    expect(await untilQuiet([follower], stores, 2_500, () => {})).toMatchObject({ quiet: false });
  } finally {
    clearInterval(grows);
  }
});

test('the stores are dumped whole: each inbox, and each conversation that is named by one', async () => {
  const { stores, chat } = await storesWithMessages();
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-final-phase-'));
  try {
    const history = historyWriter(folder, 'harness');
    await dumpStores(USERS, stores, [], history);
    history.close();
    const records = readHistory(folder);
    expect(records.map(({ type }) => type)).toEqual(['inbox-dump', 'inbox-dump', 'log-dump']);
    const [alice, , log] = records;
    expect(alice).toMatchObject({
      userId: 'alice',
      head: 3,
      floor: 0,
      epoch: stores.inbox.epoch,
      entries: [1, 2, 3].map((seq) => ({ seq, conversationId: chat.conversationId, conversationSeq: seq })),
    });
    expect(log).toMatchObject({ events: [{ conversationSeq: 1 }, { conversationSeq: 2 }, { conversationSeq: 3 }] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a conversation that is in no inbox, since a crash left its rows out, is dumped too', async () => {
  const { stores, storage } = await storesWithMessages();
  const unfinished = conversationBuilder({ ids: seededIds(2), memberIds: USERS });
  await storage.history.append([unfinished.created]);
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-final-phase-'));
  try {
    const history = historyWriter(folder, 'harness');
    await dumpStores(USERS, stores, [], history);
    history.close();
    const logs = readHistory(folder).flatMap((record) => (record.type === 'log-dump' ? [record.conversationId] : []));
    expect(logs).toContain(unfinished.conversationId);
    expect(logs).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
