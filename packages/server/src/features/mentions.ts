import {
  type ConversationState,
  type EditMessage,
  type Mentions,
  meansAll,
  type SendMessage,
  TidemarkError,
} from '@tidemark/core';
import type { Actor, DecideContext } from './deciding.ts';
import { may } from './permissions.ts';

/**
 * Whom a message mentions once it is stored: the members among those whom its author names.
 *
 * @throws TidemarkError `forbidden` where it mentions all of a group in which its author may not
 */
export function mentioned(
  state: ConversationState,
  command: SendMessage | EditMessage,
  context: DecideContext,
): { readonly mentions?: Mentions } {
  const { mentions } = command;
  if (!mentions) return {};
  const users = [...new Set(mentions.users)].filter((userId) => state.members.has(userId));
  if (!meansAll(mentions)) return users.length > 0 ? { mentions: { users } } : {};
  requireMayMentionAll(state, command, context);
  return { mentions: { users, ...(mentions.all && { all: true }), ...(mentions.here && { here: true }) } };
}

function requireMayMentionAll(
  state: ConversationState,
  actor: Actor,
  { limits: { mentionAllMembers }, permissions }: DecideContext,
): void {
  if (state.members.size <= mentionAllMembers || may('mentionAll', state, actor, permissions)) return;
  const detail = `of more than ${mentionAllMembers} members (limits.mentionAllMembers) only the owner may mention all (permissions.mentionAll)`;
  throw new TidemarkError('forbidden', detail, { field: 'mentions', limit: 'limits.mentionAllMembers' });
}
