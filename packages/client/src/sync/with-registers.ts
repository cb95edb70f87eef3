import { type ConversationSeq, type Event, refKey, type UserId } from '@tidemark/core';
import type { LocalReplica } from '../local-store/local-replica.ts';
import { joinRegisters, settingsOf } from './registers.ts';

/** The events, and with them the events of the local store that they set registers of, each joined with its registers. */
export async function withRegisters(
  events: readonly Event[],
  replica: LocalReplica,
  userId: UserId,
): Promise<readonly Event[]> {
  const registers = settingsOf(events, userId);
  if (registers.length === 0) return events;
  const targets = new Map<string, Event | undefined>(events.map((event) => [refKey(event), event]));
  for (const { conversationId, target } of registers) {
    const key = refKey({ conversationId, conversationSeq: target as ConversationSeq });
    if (targets.has(key)) continue;
    const [found] = await replica.events({ conversationId, after: target - 1, limit: 1 });
    targets.set(key, found?.conversationSeq === target ? found : undefined);
  }
  return [...targets.values()].flatMap((event) => (event ? joinRegisters(event, registers) : []));
}
