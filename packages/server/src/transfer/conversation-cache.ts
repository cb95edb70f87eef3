import type { CommandId, CommandResult, ConversationId, ConversationState, Event, UserId } from '@tidemark/core';
import { resultOf } from './decide.ts';

/**
 * What the owner of a partition remembers between batches: states of recent conversations, and what recent commands did,
 * without the contents they carried. Only a cache: forgetting costs a read, and whoever finds that it misled forgets all of it.
 */
export class ConversationCache {
  readonly #limit: number;
  readonly #states = new Map<ConversationId, ConversationState>();
  readonly #commands = new Map<string, CommandResult>();

  /** @param limit conversations kept, and commands kept; the least recently used go first. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  state(conversationId: ConversationId): ConversationState | undefined {
    return touch(this.#states, conversationId);
  }

  result(actorId: UserId, commandId: CommandId): CommandResult | undefined {
    return this.#commands.get(commandKey(actorId, commandId));
  }

  keep(states: Iterable<readonly [ConversationId, ConversationState]>, events: Iterable<Event>): void {
    for (const [conversationId, state] of states) put(this.#states, conversationId, state, this.#limit);
    for (const event of events) {
      if (event.commandId === null) continue;
      put(this.#commands, commandKey(event.actorId, event.commandId), resultOf(event), this.#limit);
    }
  }

  clear(): void {
    this.#states.clear();
    this.#commands.clear();
  }
}

/** The idempotency key; neither part can hold a comma or a space. */
export function commandKey(actorId: UserId, commandId: CommandId): string {
  return `${actorId} ${commandId}`;
}

function touch<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  if (value !== undefined) {
    map.delete(key);
    map.set(key, value);
  }
  return value;
}

function put<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value as K);
}
