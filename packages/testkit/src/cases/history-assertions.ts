import type {
  CommandId,
  CommandKey,
  ConversationId,
  ConversationSeq,
  Event,
  HistoryStore,
  Membership,
  MessageEdited,
  MessageErased,
  MessageSent,
  Register,
  RegisterOf,
  UserId,
} from '@tidemark/core';
import { expect } from 'vitest';
import { reactionCountsIn, reactorsIn } from '../builders/reactions-in.ts';
import { refOf } from '../builders/seq-counter.ts';
import { patiently } from '../writer-model.ts';

/** Appends what must not conflict. */
export async function appended(history: HistoryStore, events: readonly Event[]): Promise<void> {
  expect(await patiently(() => history.append(events))).toEqual({ conflict: undefined });
}

/** The events at these places, in their order. */
export async function readBack(history: HistoryStore, events: readonly Event[]): Promise<Event[]> {
  return byPlace(await history.findByRef(events.map(refOf)));
}

export async function holdsNothingOf(history: HistoryStore, events: readonly Event[]): Promise<void> {
  const conversationIds = [...new Set(events.map((event) => event.conversationId))];
  const stored = await history.findByRef(events.map(refOf));
  const foreign = stored.filter((each) => events.some((event) => canonical(event) === canonical(each)));
  expect(foreign).toEqual([]);
  for (const id of conversationIds) {
    if (events.some((event) => event.conversationId === id && event.type === 'conversation.created')) {
      expect(await history.memberships([id])).toEqual([]);
      expect((await history.load([id])).size).toBe(0);
    }
  }
}

/** What stands beside the log, in a comparable form. */
export async function tables(history: HistoryStore, conversationIds: readonly ConversationId[]) {
  return { states: await history.load(conversationIds), stays: byStay(await history.memberships(conversationIds)) };
}

/** The edit by which a message says what it says now. */
export function lastEditOf(events: readonly Event[], { conversationSeq }: MessageSent): MessageEdited | undefined {
  return events
    .flatMap((event) => (event.type === 'message.edited' && event.targetSeq === conversationSeq ? [event] : []))
    .at(-1);
}

/** What pages carry of the reactions to a message: their counts, and those of the viewer. A count of later hides the viewer's own, too. */
export function reactionRegisters(
  { events }: { readonly events: readonly Event[] },
  { conversationId, conversationSeq: target }: MessageSent,
  viewer: UserId,
): Register[] {
  const changes = events.filter((event) => event.type === 'reaction.changed' && event.targetSeq === target);
  const lastOf = (key: string, actorId?: UserId): ConversationSeq =>
    (
      changes.findLast(
        (event) => event.type === 'reaction.changed' && event.key === key && (!actorId || event.actorId === actorId),
      ) as Event
    ).conversationSeq;
  return [...reactionCountsIn(events, target)].flatMap(([key, value]): Register[] => {
    const count = { conversationId, target, name: 'reactions', key, owner: null, value, seq: lastOf(key) } as const;
    if (!reactorsIn(events, target).get(key)?.users.includes(viewer)) return [count];
    const seq = lastOf(key, viewer);
    return [count, { conversationId, target, name: 'reaction', key, owner: viewer, value: true, seq }];
  });
}

/** What tells that a message was revoked. */
export function revokedRegisters(
  { conversationId, events }: { readonly conversationId: ConversationId; readonly events: readonly Event[] },
  { conversationSeq: target }: MessageErased,
): RegisterOf<'revoked'>[] {
  return events.flatMap((event): RegisterOf<'revoked'>[] => {
    if (event.type !== 'message.revoked' || !event.targets.some(({ seq }) => seq === target)) return [];
    const { actorId: by, at, reason, conversationSeq: seq } = event;
    const value = { by, at, ...(reason !== undefined && { reason }) };
    return [{ conversationId, target, name: 'revoked', key: '', owner: null, value, seq }];
  });
}

export function keyOf({ actorId, commandId }: Event): CommandKey {
  return { actorId, commandId: commandId as CommandId };
}

export function byPlace(events: readonly Event[]): Event[] {
  return [...events].sort(
    (a, b) => compare(a.conversationId, b.conversationId) || a.conversationSeq - b.conversationSeq,
  );
}

export function byStay(stays: readonly Membership[]): Membership[] {
  return [...stays].sort(
    (a, b) => compare(a.conversationId, b.conversationId) || a.joinedSeq - b.joinedSeq || compare(a.userId, b.userId),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** JSON with its keys in order, so that equal values have equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => compare(a, b)))
      : each,
  );
}
