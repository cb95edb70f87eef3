import { type ConflictOutcome, composeStorage, DeploymentError, type Storage, UnavailableError } from '@tidemark/core';
import { memoryHistory, memoryInbox } from '@tidemark/storage-memory';
import { batchFor, conversationBuilder, seqCounter } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';

/** Two memory stores that note what they are asked, and answer `outcomes` first. */
function observed(outcomes: { history?: ConflictOutcome | Error; inbox?: ConflictOutcome | Error } = {}) {
  const calls: string[] = [];
  const answer = async <T>(call: string, outcome: ConflictOutcome | Error | undefined, otherwise: () => Promise<T>) => {
    calls.push(`${call} begins`);
    // Long enough for a second store to begin, if it were not waited for.
    await new Promise((resolve) => setImmediate(resolve));
    if (outcome instanceof Error) throw outcome;
    const result = outcome ?? (await otherwise());
    calls.push(`${call} ends`);
    return result as T;
  };
  const [history, inbox] = [memoryHistory(), memoryInbox()];
  const storage = composeStorage({
    history: {
      ...history,
      open: () => answer('history.open', undefined, history.open),
      close: () => answer('history.close', undefined, history.close),
      append: (...args) => answer('history.append', outcomes.history, () => history.append(...args)),
    },
    inbox: {
      ...inbox,
      open: () => answer('inbox.open', undefined, inbox.open),
      close: () => answer('inbox.close', undefined, inbox.close),
      append: (rows) => answer('inbox.append', outcomes.inbox, () => inbox.append(rows)),
    },
  });
  return { storage, calls };
}

const chat = conversationBuilder();
const seqs = seqCounter();
const batch = batchFor(chat, [chat.created, chat.message()], seqs);

async function seqsUndelivered({ history }: Storage): Promise<number[]> {
  return (await history.undelivered()).map((ref) => ref.conversationSeq).sort((a, b) => a - b);
}

describe('a composed storage', () => {
  test('begins with the inbox only when the history has ended', async () => {
    const { storage, calls } = observed();
    expect(await storage.commit(batch)).toEqual({ conflict: undefined });
    expect(calls).toEqual(['history.append begins', 'history.append ends', 'inbox.append begins', 'inbox.append ends']);
  });

  test('leaves the inbox alone after a conflict of the history', async () => {
    const { storage, calls } = observed({ history: { conflict: 'event' } });
    expect(await storage.commit(batch)).toEqual({ conflict: 'event' });
    expect(calls).toEqual(['history.append begins', 'history.append ends']);
  });

  test('leaves the inbox alone when the history cannot be reached', async () => {
    const { storage, calls } = observed({ history: new UnavailableError('connection lost') });
    await expect(storage.commit(batch)).rejects.toThrow(UnavailableError);
    expect(calls).toEqual(['history.append begins']);
  });

  test('says so when the inbox met a conflict, or cannot be reached', async () => {
    expect(await observed({ inbox: { conflict: 'entry' } }).storage.commit(batch)).toEqual({ conflict: 'entry' });
    const { storage } = observed({ inbox: new UnavailableError('connection lost') });
    await expect(storage.commit(batch)).rejects.toThrow('connection lost');
  });

  test('asks only the store that has something to write', async () => {
    const { storage, calls } = observed();
    expect(await storage.commit({ events: [], rows: [] })).toEqual({ conflict: undefined });
    expect(calls).toEqual([]);
    expect(await storage.commit({ events: batch.events, rows: [] })).toEqual({ conflict: undefined });
    expect(await storage.commit({ events: [], rows: batch.rows })).toEqual({ conflict: undefined });
    expect(calls.filter((call) => call.endsWith('begins'))).toEqual(['history.append begins', 'inbox.append begins']);
  });

  test('has the history remember events without rows, until the next batch says that they have them', async () => {
    const { storage } = observed();
    await storage.commit(batch);
    expect(await seqsUndelivered(storage)).toEqual([1, 2]);
    await storage.commit(batchFor(chat, [chat.message()], seqs));
    expect(await seqsUndelivered(storage)).toEqual([3]);
  });

  test('has it remember them for as long as the inbox has no rows of them', async () => {
    const chat = conversationBuilder();
    const batch = batchFor(chat, [chat.created, chat.message()], seqs);
    const [history, inbox] = [memoryHistory(), memoryInbox()];
    const append = async (): Promise<never> => {
      throw new UnavailableError('connection lost');
    };
    await expect(composeStorage({ history, inbox: { ...inbox, append } }).commit(batch)).rejects.toThrow();
    const after = composeStorage({ history, inbox });
    await after.commit(batchFor(chat, [chat.message()], seqs));
    await after.commit(batchFor(chat, [chat.message()], seqs));
    expect(await seqsUndelivered(after)).toEqual([1, 2, 4]);
  });

  test('opens and closes both, and does not call itself atomic', async () => {
    const { storage, calls } = observed();
    await storage.open();
    await storage.close();
    expect(calls.filter((call) => call.endsWith('ends')).sort()).toEqual([
      'history.close ends',
      'history.open ends',
      'inbox.close ends',
      'inbox.open ends',
    ]);
    expect(storage.capabilities.atomic).toBe(false);
  });
});

test.each([
  ['machine', 'machine', 'machine'],
  ['machine', 'process', 'process'],
  ['process', 'machine', 'process'],
  ['machine', 'nothing', 'nothing'],
  ['nothing', 'machine', 'nothing'],
] as const)(
  'a commit of a history that survives %s and an inbox that survives %s survives %s',
  (first, second, both) => {
    const history = { ...memoryHistory(), survives: first };
    const inbox = { ...memoryInbox(), survives: second };
    expect(composeStorage({ history, inbox }).capabilities.survives).toBe(both);
  },
);

test('an inbox that was opened with another history is refused, and both are named', async () => {
  const [history, another, inbox] = [memoryHistory(), memoryHistory(), memoryInbox()];
  await composeStorage({ history, inbox }).open();
  await composeStorage({ history, inbox }).open();
  const refusal = await composeStorage({ history: another, inbox })
    .open()
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(DeploymentError);
  expect((refusal as DeploymentError).differs).toEqual([
    { what: 'the history of the inbox store', here: await another.identity(), there: await history.identity() },
  ]);
});
