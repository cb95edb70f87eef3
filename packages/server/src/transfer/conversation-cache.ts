import {
  type CommandKey,
  type CommandResult,
  type ConversationId,
  type ConversationState,
  commandKey,
  type Event,
} from '@tidemark/core';
import { resultOf } from '../features/deciding.ts';
import { RecentMap } from '../recent-map.ts';

/** What a conversation weighs beside its members: in memory it takes as much as so many of them, some 65 bytes each. */
const ALONE = 6;

/**
 * What the owner of a partition remembers between batches: states of recent conversations, and what recent commands did,
 * without the contents they carried. Only a cache: forgetting costs a read, and whoever finds that it misled forgets all of it.
 */
export class ConversationCache {
  readonly #states: RecentMap<ConversationId, ConversationState>;
  readonly #commands: RecentMap<string, CommandResult>;

  constructor(limits: ConversationCacheLimits) {
    this.#states = new RecentMap(limits.members, ({ members }) => ALONE + members.size);
    this.#commands = new RecentMap(limits.commands);
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

/** The least recently used go first, and up to twice as much is kept; see `RecentMap`. */
export interface ConversationCacheLimits {
  /** Members of all conversations kept; each conversation counts as ALONE more. */
  readonly members: number;
  readonly commands: number;
}
