import type { CreateConversation } from './conversations.ts';
import type { EditMessage } from './edits.ts';
import type { AddMembers, RemoveMembers } from './members.ts';
import type { SendMessage } from './messages.ts';
import type { SetPin } from './pins.ts';
import type { SetReaction } from './reactions.ts';
import type { MarkRead } from './read-marks.ts';
import type { RevokeMessages } from './revokes.ts';
import type { SetSettings } from './settings.ts';

/** An intention, already parsed and authorised by a router; the writer of the conversation decides it in order. */
export type Command =
  | SendMessage
  | EditMessage
  | SetReaction
  | SetPin
  | RevokeMessages
  | CreateConversation
  | AddMembers
  | RemoveMembers
  | MarkRead
  | SetSettings;

export type CommandType = Command['type'];

/** The command of one type. */
export type CommandOf<T extends CommandType> = Extract<Command, { readonly type: T }>;
