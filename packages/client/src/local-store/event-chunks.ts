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

/** By conversationSeq; of two with the same, the fresh one. */
export function mergeChunk(stored: readonly Event[], fresh: readonly Event[]): Event[] {
  const bySeq = new Map<number, Event>();
  for (const event of [...stored, ...fresh]) bySeq.set(event.conversationSeq, event);
  return [...bySeq.values()].sort((a, b) => a.conversationSeq - b.conversationSeq);
}

/** What was asked for, out of whole chunks. */
export function pick(events: readonly Event[], { after, before, limit }: LocalEventsQuery): Event[] {
  const direction = after === undefined ? -1 : 1;
  return events
    .filter(({ conversationSeq: seq }) => seq > (after ?? -1) && seq < (before ?? Number.POSITIVE_INFINITY))
    .sort((a, b) => direction * (a.conversationSeq - b.conversationSeq))
    .slice(0, limit);
}
