import type { Event, EventRef, Seq, Storage, UserId } from '@tidemark/core';
import { conversationBuilder, HOSTILE_TEXT, refOf, seededIds, seqCounter, writeLikeTheWriter } from '@tidemark/testkit';

const ids = seededIds();
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => ids.userId(name)) as [UserId, UserId, UserId];
const USERS: readonly UserId[] = [alice, bob, carol];

/** Fills an empty store with something of everything that the release knows. */
export async function writeContents(storage: Storage): Promise<void> {
  const group = conversationBuilder({ ids, memberIds: [alice, bob], title: 'Lunch “🐟”' });
  for (const text of HOSTILE_TEXT) group.message({ content: { text } });
  group.add([carol]);
  group.message({ from: carol });
  group.remove([bob], bob);
  group.message({ from: carol, content: { text: 'x'.repeat(2_000) } });
  const direct = conversationBuilder({ ids, kind: 'direct', memberIds: [alice, bob] });
  for (let n = 1; n <= 5; n++) direct.message({ from: n % 2 === 0 ? alice : bob });
  const self = conversationBuilder({ ids, kind: 'self', memberIds: [bob] });
  self.markRead(direct.conversationId, 3);
  const counter = seqCounter();
  for (const { events } of [group, direct, self]) await writeLikeTheWriter(storage, counter, events);
  // A place that a crash left empty.
  const { head = 0 } = (await storage.inbox.bounds([carol])).get(carol) ?? {};
  await storage.inbox.fillVoids(carol, [(head + 1) as Seq], ids.now());
  await storage.history.keepRefusals([
    {
      actorId: carol,
      commandId: ids.commandId(),
      conversationId: direct.conversationId,
      retry: 2,
      text: 'not_a_member [conversationId]: the caller is not a member of this conversation',
      at: ids.now(),
    },
  ]);
}

/** What can be read of it, as JSON. */
export async function readContents(storage: Storage): Promise<unknown> {
  const { history, inbox } = storage;
  const inboxes = await Promise.all(
    USERS.map(async (userId) => ({
      userId,
      bounds: (await inbox.bounds([userId])).get(userId),
      entries: (await inbox.range(userId, 0, 1_000)).map(({ seq, ref }) => ({ seq, ref })),
    })),
  );
  const refs = inboxes.flatMap(({ entries }) => entries.flatMap(({ ref }) => ref ?? []));
  const conversationIds = [...new Set(refs.map(({ conversationId }: EventRef) => conversationId))].sort();
  const events = byPlace(await history.findByRef(refs));
  const pages = USERS.flatMap((userId) =>
    conversationIds.map(async (conversationId) => {
      const page = await history.range({ userId, conversationId, after: 0, limit: 1_000 });
      return { userId, conversationId, events: page.events.map(refOf), hasMore: page.hasMore };
    }),
  );
  const lists = USERS.map(async (userId) => (await history.conversations({ userId, limit: 100 })).conversations);
  const states = await history.load(conversationIds);
  return JSON.parse(
    JSON.stringify({
      identity: await history.identity(),
      epoch: inbox.epoch,
      events,
      inboxes,
      pages: await Promise.all(pages),
      lists: await Promise.all(lists),
      states: conversationIds.map((id) => ({
        ...states.get(id),
        members: [...(states.get(id)?.members ?? [])].sort(),
      })),
      stays: (await history.memberships(conversationIds)).sort((a, b) =>
        JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
      ),
      refusals: await history.newestRefusals(0, 10),
    }),
  );
}

function byPlace(events: readonly Event[]): Event[] {
  const placeOf = (event: Event) => `${event.conversationId} ${String(event.conversationSeq).padStart(9, '0')}`;
  return [...events].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}
