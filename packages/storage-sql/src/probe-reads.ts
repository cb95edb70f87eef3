import { type CommandKey, type CommitBatch, type HistoryStore, type InboxStore, registersOf } from '@tidemark/core';

/** What a writer reads before it commits, of the users and conversations of a probe: nothing is found. */
export async function readAsWriter(
  stores: { readonly history?: HistoryStore; readonly inbox?: InboxStore },
  batches: readonly CommitBatch[],
): Promise<void> {
  const { history, inbox } = stores;
  const events = batches.flatMap((batch) => batch.events);
  const rows = batches.flatMap((batch) => batch.rows);
  const conversationIds = events.map(({ conversationId }) => conversationId);
  const commands = events.map(({ actorId, commandId }) => ({ actorId, commandId }) as CommandKey);
  const deliveries = rows.flatMap(({ userId, ref }) => (ref ? [{ userId, ref }] : []));
  await history?.load(conversationIds);
  await history?.findByCommand(commands);
  await history?.findByRef(events);
  await history?.findRegisters(events.flatMap(registersOf));
  await history?.findShown(
    events.map(({ conversationId, conversationSeq: target, actorId: viewer }) => ({ conversationId, target, viewer })),
  );
  await history?.owners({ of: events.flatMap(registersOf), limit: 1 });
  await history?.memberships(conversationIds);
  await inbox?.find(deliveries);
  await inbox?.bounds(rows.map(({ userId }) => userId));
}
