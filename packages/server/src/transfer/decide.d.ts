import { type Command, type CommandResult, type ConversationState, type Event, type IdSource, TidemarkError } from '@tidemark/core';
/**
 * What a command does to its conversation. Pure: state and command in, events out. Every rule about who may do what is
 * here, in the order in which the conversation's writer asks.
 */
export declare function decide(state: ConversationState | undefined, command: Command, context: DecideContext): Decision;
export interface DecideContext {
    /** Wall time of the writer, ms since 1970. */
    readonly now: number;
    readonly ids: IdSource;
    readonly inboxMembers: number;
}
/** Events to commit (none: nothing changes) with the result, or the error the sender gets. */
export type Decision = {
    readonly events: readonly Event[];
    readonly result: CommandResult;
    readonly state: ConversationState;
} | {
    readonly error: TidemarkError;
};
/** The result that belongs to a command's event, also when it is found again later. */
export declare function resultOf(event: Event): CommandResult;
