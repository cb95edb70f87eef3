import type { Event } from '@tidemark/core';
import type { LocalReplica } from '../local-store/local-replica.ts';
import { joinRegisters, settingsOf } from './registers.ts';

/** The events with what they set of others put to those: of the same batch, or of the local store. What is not here is passed over. */
export async function withRegisters(events: readonly Event[], replica: LocalReplica): Promise<readonly Event[]> {
  const registers = settingsOf(events);
  if (registers.length === 0) return events;
  const targets = new Map(events.map((event) => [keyOf(event.conversationId, event.conversationSeq), event]));
  for (const { conversationId, target } of registers) {
    const key = keyOf(conversationId, target);
    if (targets.has(key)) continue;
    const [found] = await replica.events({ conversationId, after: target - 1, limit: 1 });
    if (found?.conversationSeq === target) targets.set(key, found);
  }
  return [...targets.values()].map((event) => joinRegisters(event, registers));
}

function keyOf(conversationId: string, seq: number): string {
  return `${conversationId} ${seq}`;
}
