import { type Command, type CommandResult, type Event, type Membership, TidemarkError } from '@tidemark/core';
import { commandDefinitionOf } from '../features/commands.ts';

/** Whether `command` is the one that led to `event`, which has its id. @param memberships of the event's conversation */
export function isRepeatOf(command: Command, event: Event, memberships: readonly Membership[]): boolean {
  return commandDefinitionOf(command).ledTo(command, event, memberships);
}

/** Whether what is remembered of a command with this id is certain to be its result; else the store knows. */
export function isResultOf(command: Command, remembered: CommandResult): boolean {
  return commandDefinitionOf(command).isResult?.(command, remembered) ?? false;
}

/** Whether two commands of one batch with the same id ask for the same. */
export function areTheSame(a: Command, b: Command): boolean {
  const intentionOf = (command: Command) => commandDefinitionOf(command).intention(command);
  return a.type === b.type && JSON.stringify(intentionOf(a)) === JSON.stringify(intentionOf(b));
}

/** @param earlier what the id was used for */
export function reused(command: Command, earlier: Event | Command): TidemarkError {
  const { idField: field = 'commandId' } = commandDefinitionOf(command);
  return new TidemarkError(
    'command_reused',
    `was used before, for ${earlier.type} in ${earlier.conversationId}; this is ${command.type} in ${command.conversationId}`,
    { field },
  );
}
