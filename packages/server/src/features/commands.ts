import type { Command, CommandOf, CommandType } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { createConversation } from './conversations.ts';
import { editMessage } from './edits.ts';
import { addMembers, removeMembers } from './members.ts';
import { sendMessage } from './messages.ts';
import { setPin } from './pins.ts';
import { setReaction } from './reactions.ts';
import { markRead } from './read-marks.ts';
import { revokeMessages } from './revokes.ts';
import { setSettings } from './settings.ts';

/** Every type of command that this build carries out. A type without a row does not compile. */
const COMMANDS: { readonly [T in CommandType]: CommandDefinition<CommandOf<T>> } = {
  'message.send': sendMessage,
  'message.edit': editMessage,
  'reaction.set': setReaction,
  'pin.set': setPin,
  'message.revoke': revokeMessages,
  'conversation.create': createConversation,
  'members.add': addMembers,
  'members.remove': removeMembers,
  'read.mark': markRead,
  'settings.set': setSettings,
};

/** Fields of every command that came in a later release; see `CommandDefinition.addedFields`. */
const ADDED_TO_ALL = ['privileged'] as const;

/** The types of command that this build carries out. */
export const COMMAND_TYPES = Object.keys(COMMANDS) as readonly CommandType[];

/** What this build carries out, as workers announce it: types of command, and their fields that came later. */
export const KNOWN_TO_WORKERS: readonly string[] = COMMAND_TYPES.flatMap((type) => [
  type,
  ...addedFieldsOf(type).map((field) => `${type}.${field}`),
]);

/** What a worker has to know of these to carry out the command. */
export function neededOfWorkers(command: Command): string[] {
  const given = addedFieldsOf(command.type).filter((field) => command[field as keyof Command] !== undefined);
  return [command.type, ...given.map((field) => `${command.type}.${field}`)];
}

function addedFieldsOf(type: CommandType): readonly string[] {
  return [...ADDED_TO_ALL, ...(COMMANDS[type].addedFields ?? [])];
}

/** Whether this build carries out commands of this type. */
export function isCommandType(type: string): type is CommandType {
  return Object.hasOwn(COMMANDS, type);
}

export function commandDefinitionOf({ type }: Command): CommandDefinition<Command> {
  return COMMANDS[type] as CommandDefinition<Command>;
}
