import type { ConversationId, Event } from '@tidemark/core';
import type { LocalEventsQuery } from './local-store.ts';

/**
 * Events of consecutive conversationSeqs in one value: a storage takes far longer for sixteen small values than for one of
 * their size (IndexedDB in Chromium: ten times). An event that comes in rewrites its chunk, so a chunk is small.
 */
export const CHUNK = 16;

export function chunkOf(conversationSeq: number): number {
  return Math.floor(conversationSeq / CHUNK);
}

export interface ChunkOfEvents {
  readonly conversationId: ConversationId;
  readonly chunk: number;
  readonly events: Event[];
}

export function groupByChunk(events: readonly Event[]): ChunkOfEvents[] {
  const groups = new Map<string, ChunkOfEvents>();
  for (const event of events) {
    const { conversationId } = event;
    const chunk = chunkOf(event.conversationSeq);
    const id = `${chunk},${conversationId}`;
    const group = groups.get(id) ?? { conversationId, chunk, events: [] };
    group.events.push(event);
    groups.set(id, group);
  }
  return [...groups.values()];
}

export function bySeq(a: Event, b: Event): number {
  return a.conversationSeq - b.conversationSeq;
}

/** By conversationSeq; of two with the same, the fresh one. */
export function mergeChunk(stored: readonly Event[], fresh: readonly Event[]): Event[] {
  const merged = new Map<number, Event>();
  for (const event of [...stored, ...fresh]) merged.set(event.conversationSeq, event);
  return [...merged.values()].sort(bySeq);
}

/** What was asked for, out of whole chunks. */
export function pick(events: readonly Event[], { after, before, limit }: LocalEventsQuery): Event[] {
  const direction = after === undefined ? -1 : 1;
  return events
    .filter(({ conversationSeq: seq }) => seq > (after ?? -1) && seq < (before ?? Infinity))
    .sort((a, b) => direction * bySeq(a, b))
    .slice(0, limit);
}
