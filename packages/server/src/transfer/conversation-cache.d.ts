import { type CommandKey, type CommandResult, type ConversationId, type ConversationState, type Event } from '@tidemark/core';
/**
 * What the owner of a partition remembers between batches: states of recent conversations, and what recent commands did,
 * without the contents they carried. Only a cache: forgetting costs a read, and whoever finds that it misled forgets all of it.
 */
export declare class ConversationCache {
    #private;
    constructor(limits: ConversationCacheLimits);
    state(conversationId: ConversationId): ConversationState | undefined;
    result(command: CommandKey): CommandResult | undefined;
    keep(states: Iterable<readonly [ConversationId, ConversationState]>, events: Iterable<Event>): void;
    clear(): void;
}
/** The least recently used go first, and up to twice as much is kept; see `RecentMap`. */
export interface ConversationCacheLimits {
    /** Members of all conversations kept; each conversation counts as ALONE more. */
    readonly members: number;
    readonly commands: number;
}
