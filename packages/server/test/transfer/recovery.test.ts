import {
  type Command,
  composeStorage,
  type InboxStore,
  type Storage,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import { memoryHistory, memoryInbox, memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { addMembers, alice, bob, carol, createGroup, direct, group, removeMembers, send } from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';
import { withInbox } from '../support/storage-faults.ts';
import { openWriter, RETENTION, type Writer } from '../support/writer.ts';

/** History and inbox in two stores; `crash` makes the next commit end between the two, as a killed process would. */
function twoStores() {
  const inbox = memoryInbox();
  let crashing = false;
  const failing = withInbox(inbox, {
    append: async (rows) => {
      if (!crashing) return inbox.append(rows);
      throw new UnavailableError('killed');
    },
  });
  const storage = composeStorage({ history: memoryHistory(), inbox: failing });
  /** Carries the commands out as a process that dies between the two commits of the batch. */
  async function crash(writer: Writer, ...commands: readonly Command[]): Promise<string[]> {
    crashing = true;
    const stop = new AbortController();
    const names = await writer.queue(...commands);
    const carried = writer.transfer.carryOut(await writer.reader.read(100, stop.signal), stop.signal);
    await writer.clock.advance(1);
    stop.abort();
    await carried;
    crashing = false;
    return names;
  }
  return { storage, inbox, crash };
}

/** What the user finds in their inbox, in its order; a new owner's first look may cost a void. */
async function conversationSeqs(writer: Writer, userId: UserId): Promise<number[]> {
  return (await writer.inboxOf(userId)).flatMap((entry) => entry.event?.conversationSeq ?? []);
}

describe('a crash between the two commits of a composed storage', () => {
  test('is made good when the batch comes again: rows are added, announced, and the sender gets the receipt', async () => {
    const { storage, crash } = twoStores();
    const first = openWriter({ storage });
    const [call] = await crash(first, send(alice, direct));
    expect(await first.inboxOf(bob)).toEqual([]);

    const second = openWriter({ storage, shared: first.shared, clock: first.clock });
    await second.backplane.presence.join([bob], 'node' as never, 60_000);
    await second.carryOut();
    expect(second.replyTo(call)).toMatchObject({ conversationSeq: 2 });
    for (const userId of [alice, bob]) {
      expect(await conversationSeqs(second, userId)).toEqual([1, 2]);
    }
    const told = second.frames.flatMap((frame) => frame.deliveries).map((delivery) => delivery.event.conversationSeq);
    expect(told).toContain(2);
  });

  test('is made good when the client sends again, though the batch is lost with the queue', async () => {
    const { storage, crash } = twoStores();
    const message = send(alice, direct);
    await crash(openWriter({ storage }), message);
    const afresh = openWriter({ storage });
    const [receipt] = await afresh.write(message);
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(await conversationSeqs(afresh, bob)).toEqual([1, 2]);
  });

  test('is made good at the next command, when queue and client are lost: before anything is numbered after it', async () => {
    const { storage, crash } = twoStores();
    const first = openWriter({ storage });
    await first.write(send(alice, direct));
    await crash(first, send(alice, direct), send(bob, direct));
    const afresh = openWriter({ storage });
    const completed = recorded(afresh.events, 'completed');
    await afresh.write(send(bob, direct));
    expect(await conversationSeqs(afresh, alice)).toEqual([1, 2, 3, 4, 5]);
    expect(await conversationSeqs(afresh, bob)).toEqual([1, 2, 3, 4, 5]);
    expect(completed).toEqual([{ partition: 0, events: 2, rows: 4 }]);
  });

  test('is made good for whoever was a member then, not for who is now', async () => {
    const { storage, crash } = twoStores();
    const first = openWriter({ storage });
    await first.write(createGroup(alice, [bob]));
    await crash(first, send(alice, group), removeMembers(alice, [bob]), addMembers(alice, [carol]));
    const afresh = openWriter({ storage });
    await afresh.write(send(carol, group));
    expect(await conversationSeqs(afresh, bob)).toEqual([1, 2, 3]);
    expect(await conversationSeqs(afresh, carol)).toEqual([4, 5]);
    expect(await conversationSeqs(afresh, alice)).toEqual([1, 2, 3, 4, 5]);
  });

  test('is made good when queue and client are lost, and nobody says a word there again', async () => {
    const { storage, crash } = twoStores();
    const first = openWriter({ storage });
    await crash(first, createGroup(alice, [bob]), send(alice, group));
    const afresh = openWriter({ storage });
    const completed = recorded(afresh.events, 'completed');
    await afresh.transfer.completeUndelivered();
    expect(await conversationSeqs(afresh, bob)).toEqual([1, 2]);
    expect(completed).toEqual([{ partition: 0, events: 2, rows: 4 }]);
    expect(await storage.history.undelivered()).toEqual([]);
  });

  test('is made good by the owner alone, who looks again from time to time', async () => {
    const { storage, crash } = twoStores();
    const owner = openWriter({ storage });
    await owner.transfer.completeUndelivered();
    await crash(owner, createGroup(alice, [bob]));
    const afresh = { storage, clock: owner.clock };
    await openWriter({ ...afresh, partitionOf: () => 1 }).transfer.completeUndelivered();
    await openWriter({ ...afresh, holdsLease: async () => false }).transfer.completeUndelivered();
    await owner.transfer.completeUndelivered();
    expect(await owner.inboxOf(bob)).toEqual([]);
    await owner.clock.advance(10_000);
    await owner.transfer.completeUndelivered();
    expect(await conversationSeqs(owner, bob)).toEqual([1]);
  });

  test('and what is complete is marked as delivered without a word', async () => {
    const { storage } = twoStores();
    const writer = openWriter({ storage });
    await writer.write(createGroup(alice, [bob]));
    expect(await storage.history.undelivered()).toHaveLength(1);
    const completed = recorded(writer.events, 'completed');
    await writer.transfer.completeUndelivered();
    expect(await storage.history.undelivered()).toEqual([]);
    expect(completed).toEqual([]);
  });

  test('is made good once, when its command is there twice in the batch', async () => {
    const { storage, crash } = twoStores();
    const message = send(alice, direct);
    const first = openWriter({ storage });
    const [before] = await crash(first, message);
    const second = openWriter({ storage, shared: first.shared, clock: first.clock });
    const [again] = await second.write(message);
    expect(again).toEqual(second.replyTo(before));
    expect(await conversationSeqs(second, bob)).toEqual([1, 2]);
  });

  test('is made good by one of two owners who both try', async () => {
    const { storage, inbox, crash } = twoStores();
    const message = send(alice, direct);
    await crash(openWriter({ storage }), message);
    const other = openWriter({ storage });
    let raced = false;
    const racing = composeStorage({
      history: storage.history,
      inbox: withInbox(inbox, {
        append: async (rows) => {
          if (!raced) {
            raced = true;
            await other.write(message);
          }
          return inbox.append(rows);
        },
      }),
    });
    const late = openWriter({ storage: racing, shared: other.shared, partition: 1 });
    const [receipt] = await late.write(message);
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(await conversationSeqs(late, bob)).toEqual([1, 2]);
  });
});

describe('rows that retention removed are not missing', () => {
  /** A store that has expired the rows of events up to this one, and remembers heads. */
  function expired(inbox: InboxStore, upTo = Number.MAX_SAFE_INTEGER): InboxStore {
    return withInbox(inbox, {
      find: async (deliveries) =>
        (await inbox.find(deliveries)).filter((row) => (row.ref?.conversationSeq ?? 0) > upTo),
    });
  }

  test('so expired events are not completed, neither on repeat nor at first load, whatever retention the inbox has', async () => {
    const { storage, inbox } = twoStores();
    const message = send(alice, direct);
    const first = openWriter({ storage });
    await first.write(message, send(alice, direct));
    // The history learns with a later batch that rows are there.
    await first.write(send(alice, direct));
    const later = openWriter({
      storage: composeStorage({ history: storage.history, inbox: expired(inbox, 3) }),
      shared: first.shared,
      clock: first.clock,
      partition: 1,
    });
    const [receipt] = await later.write(message);
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    await later.write(send(bob, direct));
    expect(await conversationSeqs(first, bob)).toEqual([1, 2, 3, 4, 5]);
  });

  test('while younger ones, that no row is found for, are', async () => {
    const { storage, crash } = twoStores();
    const first = openWriter({ storage });
    await crash(first, send(alice, direct));
    await first.clock.advance(RETENTION - 1_000);
    const afresh = openWriter({ storage, clock: first.clock });
    await afresh.write(send(bob, direct));
    expect(await conversationSeqs(afresh, bob)).toEqual([1, 2, 3]);
  });

  test('and an atomic storage, which cannot lack any, is never given some', async () => {
    const plain = memoryStorage();
    const storage: Storage = { ...plain, inbox: expired(plain.inbox) };
    const first = openWriter({ storage });
    const message = send(alice, direct);
    const [call] = await first.queue(message);
    await first.reader.read(10, new AbortController().signal);
    await openWriter({ storage, shared: first.shared, partition: 1 }).write(message);
    const second = openWriter({ storage, shared: first.shared });
    await second.carryOut();
    expect(second.replyTo(call)).toMatchObject({ conversationSeq: 2 });
    expect(second.trace).not.toContain('commit');
    expect(await conversationSeqs(second, bob)).toEqual([1, 2]);
  });
});
