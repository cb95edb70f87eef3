import {
  type CommandKey,
  type Event,
  type EventRef,
  evolve,
  type InboxRow,
  type InboxStore,
  recipientsAsOf,
  recipientsOf,
  refKey,
  type Seq,
  type Storage,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import { refOf, type SeqCounter } from './builders/seq-counter.ts';

/**
 * Carries events through a storage as the writer of a conversation does, until each is stored once and stands once in
 * every recipient's inbox, whatever stood there before and whoever writes at the same time:
 *
 *   look for the commands → renumber what is new → recipients → find what is delivered → number the rest → commit
 *
 * and from the top after a conflict. It is the recipe that finishes a batch which a crash left half done.
 * Resolves with the events as they stand in the log. Rejects after `rounds` (50 unless set) without success.
 */
export async function writeLikeTheWriter(
  storage: Storage,
  counter: SeqCounter,
  events: readonly Event[],
  options: { rounds?: number } = {},
): Promise<Event[]> {
  const { history, inbox } = storage;
  const conversationIds = [...new Set(events.map((event) => event.conversationId))];
  for (let round = 0; round < (options.rounds ?? 50); round++) {
    const stored = await findStored(storage, events);
    const states = await history.load(conversationIds);
    const stays = await history.memberships(conversationIds);

    const placed: { event: Event; recipients: readonly UserId[]; fresh: boolean }[] = [];
    for (const event of events) {
      const known = stored.get(event);
      if (known) {
        placed.push({ event: known, recipients: recipientsAsOf(stays, known), fresh: false });
        continue;
      }
      const state = states.get(event.conversationId);
      const fresh = { ...event, conversationSeq: ((state?.head ?? 0) + 1) as Event['conversationSeq'] };
      const after = evolve(state, fresh);
      states.set(event.conversationId, after);
      placed.push({ event: fresh, recipients: recipientsOf(after, fresh), fresh: true });
    }

    const deliveries = placed.flatMap(({ event, recipients }) =>
      recipients.map((userId) => ({ userId, ref: refOf(event), at: event.at })),
    );
    const delivered = new Set(
      (await inbox.find(deliveries)).map((row) => deliveryKey(row.userId, row.ref as EventRef)),
    );
    const rows: InboxRow[] = deliveries
      .filter(({ userId, ref }) => !delivered.has(deliveryKey(userId, ref)))
      .map(({ userId, ref, at }) => ({ userId, seq: counter.next(userId), ref, at }));

    const fresh = placed.filter((each) => each.fresh).map((each) => each.event);
    const outcome = await patiently(() => storage.commit({ events: fresh, rows }));
    if (!outcome.conflict) return placed.map((each) => each.event);
    for (const [userId, { head }] of await inbox.bounds(rows.map((row) => row.userId))) counter.raise(userId, head);
  }
  throw new Error('the batch met a conflict in every round');
}

/** Which of the events are stored already, and as what. */
async function findStored({ history }: Storage, events: readonly Event[]): Promise<Map<Event, Event>> {
  const keys = events.flatMap(({ actorId, commandId }): CommandKey[] => (commandId ? [{ actorId, commandId }] : []));
  const brought = events.filter((event) => event.commandId === null);
  const [byCommand, byPlace] = await Promise.all([history.findByCommand(keys), history.findByRef(brought.map(refOf))]);
  return new Map(
    events.flatMap((event): [Event, Event][] => {
      const same = event.commandId
        ? byCommand.find(({ actorId, commandId }) => actorId === event.actorId && commandId === event.commandId)
        : byPlace.find((each) => deliveryKey('', each) === deliveryKey('', event) && each.type === event.type);
      return same ? [[event, same]] : [];
    }),
  );
}

/** Closes the holes below a user's head with voids, as the pipeline does after a short wait. Returns the seqs closed. */
export async function closeHoles(inbox: InboxStore, userId: UserId, at: number): Promise<Seq[]> {
  const { floor = 0, head = 0 } = (await inbox.bounds([userId])).get(userId) ?? {};
  if (head === floor) return [];
  const present = new Set((await inbox.range(userId, floor, head - floor)).map((record) => record.seq));
  const holes: Seq[] = [];
  for (let seq = floor + 1; seq < head; seq++) if (!present.has(seq as Seq)) holes.push(seq as Seq);
  return inbox.fillVoids(userId, holes, at);
}

/** Calls again while the store says `UnavailableError` (a deadlock, a busy file), at most for `ms` (60,000 unless set). */
export async function patiently<T>(call: () => Promise<T>, ms = 60_000): Promise<T> {
  const until = performance.now() + ms;
  for (let pause = 1; ; pause = Math.min(pause * 2, 100)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UnavailableError) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function deliveryKey(userId: string, ref: EventRef): string {
  return `${userId} ${refKey(ref)}`;
}
