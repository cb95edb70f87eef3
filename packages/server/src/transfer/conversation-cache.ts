import {
  type CommandKey,
  type CommandResult,
  type ConversationId,
  type ConversationState,
  commandKey,
  type Event,
} from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';
import { resultOf } from './decide.ts';

/**
 * What the owner of a partition remembers between batches: states of recent conversations, and what recent commands did,
 * without the contents they carried. Only a cache: forgetting costs a read, and whoever finds that it misled forgets all of it.
 */
export class ConversationCache {
  readonly #states: RecentMap<ConversationId, ConversationState>;
  readonly #commands: RecentMap<string, CommandResult>;

  /** @param limit conversations kept, and commands kept; the least recently used go first. */
  constructor(limit: number) {
    this.#states = new RecentMap(limit);
    this.#commands = new RecentMap(limit);
  }

  state(conversationId: ConversationId): ConversationState | undefined {
    return this.#states.touch(conversationId);
  }

  result(command: CommandKey): CommandResult | undefined {
    return this.#commands.get(commandKey(command));
  }

  keep(states: Iterable<readonly [ConversationId, ConversationState]>, events: Iterable<Event>): void {
    for (const [conversationId, state] of states) this.#states.put(conversationId, state);
    for (const event of events) {
      const { actorId, commandId } = event;
      if (commandId !== null) this.#commands.put(commandKey({ actorId, commandId }), resultOf(event));
    }
  }

  clear(): void {
    this.#states.clear();
    this.#commands.clear();
  }
}
