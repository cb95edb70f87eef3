import { type Command, type ConversationState, TidemarkError } from '@tidemark/core';
import { commandDefinitionOf } from '../features/commands.ts';
import type { DecideContext, Decided } from '../features/deciding.ts';

/** What a command does to its conversation, or the error that its sender gets. */
export type Decision = Decided | { readonly error: TidemarkError };

/** Asks the command's feature. Pure: state and command in, events out. */
export function decide(state: ConversationState | undefined, command: Command, context: DecideContext): Decision {
  try {
    return commandDefinitionOf(command).decide(state, command, context);
  } catch (error) {
    if (error instanceof TidemarkError) return { error };
    throw error;
  }
}
