import type { CommandId, ConversationId, Event, EventRef, Receipt, Seq, Storage, UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { eventually } from './app.ts';
import type { DeliveryRecord } from './delivery-record.ts';

export interface Outcome {
  /** One per device that followed from the beginning. */
  readonly records: readonly DeliveryRecord[];
  /** Every receipt that any sender got. */
  readonly receipts: readonly Receipt[];
  /** conversationId → its members, who don't change. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** The store itself, seen from outside the servers. */
  readonly storage: Storage;
}

/**
 * What must hold after any fault: every acknowledged message reached every member exactly once, in one order per
 * conversation; inboxes are dense; and the store holds what receipts say and what devices saw, nothing else.
 */
export async function assertPromises({ records, receipts, members, storage }: Outcome): Promise<void> {
  await untilDelivered(records, receipts, members);
  await untilQuiet(records, storage);
  for (const record of records) {
    expect(record.failures, `the feed of ${record.user}`).toEqual([]);
    expectDense(record);
    expectOnce(record, receipts);
    await expectStored(record, storage);
  }
  await expectReceipts(receipts, storage);
  for (const [conversationId, users] of members) {
    const log = await readLog(storage, conversationId);
    for (const record of records.filter(({ user }) => users.includes(user))) {
      expect(record.of(conversationId), `${conversationId} as ${record.user} saw it`).toEqual(log);
    }
  }
}

/** Every message with a receipt has come to every member's device. */
async function untilDelivered(
  records: readonly DeliveryRecord[],
  receipts: readonly Receipt[],
  members: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  for (const record of records) {
    const mine = receipts.filter(({ conversationId }) => members.get(conversationId)?.includes(record.user));
    const missing = () => mine.filter(({ clientMessageId }) => record.times(clientMessageId) === 0);
    await eventually(`everything acknowledged reaches ${record.user}`, () => missing().length === 0).catch((error) => {
      throw new Error(`${record.user} lacks ${missing().length} of ${mine.length} messages`, { cause: error });
    });
  }
}

/** 1, 2, 3 … in the order in which they came, voids included: no gap, no repeat. */
export function expectDense(record: DeliveryRecord): void {
  expect(
    record.entries.map(({ seq }) => seq),
    `seqs of ${record.user}`,
  ).toEqual(record.entries.map((_, index) => index + 1));
}

/** None of the acknowledged messages came twice; that they came, `untilDelivered` has seen. */
function expectOnce(record: DeliveryRecord, receipts: readonly Receipt[]): void {
  const repeated = receipts.filter(({ clientMessageId }) => record.times(clientMessageId) > 1);
  expect(
    repeated.map(({ clientMessageId }) => clientMessageId),
    `messages that ${record.user} saw twice`,
  ).toEqual([]);
}

/** The whole log of a conversation, 1 … head, from the store. */
export async function readLog(storage: Storage, conversationId: string): Promise<Event[]> {
  const id = conversationId as ConversationId;
  const head = (await storage.history.load([id])).get(id)?.head ?? 0;
  const refs = Array.from(
    { length: head },
    (_, index) => ({ conversationId: id, conversationSeq: index + 1 }) as EventRef,
  );
  const events = refs.length > 0 ? await storage.history.findByRef(refs) : [];
  const log = events.sort((a, b) => a.conversationSeq - b.conversationSeq);
  expect(log.map(({ conversationSeq }) => conversationSeq)).toEqual(refs.map(({ conversationSeq }) => conversationSeq));
  return log;
}

/** Devices may still be about to hear of what nobody has a receipt for: a void, or a command that timed out. */
async function untilQuiet(records: readonly DeliveryRecord[], storage: Storage): Promise<void> {
  for (const record of records) {
    const user = record.user as UserId;
    const headOf = async () => (await storage.inbox.bounds([user])).get(user)?.head ?? 0;
    const hasAll = async () => record.entries.length >= (await headOf());
    await eventually(`${user} has all that the store holds`, hasAll).catch(async (cause: unknown) => {
      const [heard, head] = [record.entries.length, await headOf()];
      const stored = await storage.inbox.range(user, heard as Seq, 20);
      const next = stored.map(({ seq, ref }) =>
        ref ? `${seq} ${ref.conversationId} #${ref.conversationSeq}` : `${seq} void`,
      );
      throw new Error(`${user} heard ${heard} of ${head}; the store goes on with ${next.join(', ')}`, { cause });
    });
  }
}

/** What a device saw is what the store holds, entry by entry. */
async function expectStored(record: DeliveryRecord, storage: Storage): Promise<void> {
  const rows = await storage.inbox.range(record.user as UserId, 0, record.entries.length + 1);
  const place = (ref: EventRef | null) => ref && `${ref.conversationId} ${ref.conversationSeq}`;
  expect(
    record.entries.map(({ seq, event }) => [seq, place(event)]),
    `inbox of ${record.user}`,
  ).toEqual(rows.map(({ seq, ref }) => [seq, place(ref)]));
}

/** Each receipt is of the one event that its command caused. */
async function expectReceipts(receipts: readonly Receipt[], storage: Storage): Promise<void> {
  const commands = receipts.map((receipt) => ({
    actorId: receipt.senderId,
    commandId: receipt.clientMessageId as CommandId,
  }));
  const events = commands.length > 0 ? await storage.history.findByCommand(commands) : [];
  const stored = new Map(events.map((event) => [`${event.actorId} ${event.commandId}`, event]));
  for (const { senderId, clientMessageId, ...receipt } of receipts) {
    expect(stored.get(`${senderId} ${clientMessageId}`), `the event of ${clientMessageId}`).toMatchObject(receipt);
  }
}
