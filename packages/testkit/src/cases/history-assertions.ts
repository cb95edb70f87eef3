import type {
  CommandId,
  CommandKey,
  ConversationId,
  Event,
  HistoryStore,
  Membership,
  MessageEdited,
  MessageSent,
} from '@tidemark/core';
import { expect } from 'vitest';
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
