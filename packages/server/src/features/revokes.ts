import {
  type ConversationState,
  type MessageRevoked,
  type MessageSent,
  type MessageTarget,
  type RevokedTarget,
  type RevokeMessages,
  TidemarkError,
} from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { type DecideContext, done, headOf, requireMember, unchanged } from './deciding.ts';
import { may } from './permissions.ts';
import { pinsWithout } from './pins.ts';
import { findMessage } from './targets.ts';

export const revokeMessages: CommandDefinition<RevokeMessages> = {
  subjects: ({ targets }) => ({ targets, ofConversation: ['pins'] }),
  decide: (state, command, context) => {
    const current = requireMember(state, command);
    const targets = new Map<number, RevokedTarget>();
    for (const [nth, target] of command.targets.entries()) {
      const message = revocable(current, command, target, context, `targets.${nth}`);
      if (message) targets.set(message.conversationSeq, targetOf(message));
    }
    if (targets.size === 0) return unchanged(current);
    const { reason } = command;
    const event: MessageRevoked = {
      type: 'message.revoked',
      ...headOf(current, command, context),
      targets: [...targets.values()],
      ...(reason !== undefined && { reason }),
      ...pinsWithout(command.conversationId, targets, context),
    };
    return done(current, [event]);
  },
  ledTo: ({ conversationId, targets, reason }, event) =>
    event.type === 'message.revoked' &&
    event.conversationId === conversationId &&
    event.reason === reason &&
    event.targets.every((revoked) => targets.some((target) => isOf(target, revoked))),
  intention: ({ conversationId, targets, reason }) => [conversationId, targets, reason],
};

/** The message that the actor may revoke; undefined where it is revoked already. */
function revocable(
  state: ConversationState,
  command: RevokeMessages,
  target: MessageTarget,
  context: DecideContext,
  field: string,
): MessageSent | undefined {
  const { actorId, privileged } = command;
  const message = findMessage(state, { target, actorId, privileged }, context, field);
  const isAllowed = may('revokeOthers', state, command, context.permissions);
  if (message.actorId !== actorId && !isAllowed) {
    throw new TidemarkError(
      'forbidden',
      "only its author may revoke a message, and in a group who may revoke others'",
      {
        field,
      },
    );
  }
  if (message.type === 'message.erased') return undefined;
  if (!isAllowed) requireInTime(message, context, field);
  return message;
}

function requireInTime({ at }: MessageSent, { now, limits }: DecideContext, field: string): void {
  const { revokeWindowMs = Number.POSITIVE_INFINITY } = limits;
  if (now - at <= revokeWindowMs) return;
  throw new TidemarkError('forbidden', `may be revoked for ${revokeWindowMs} ms (limits.revokeWindowMs)`, {
    field,
    limit: 'limits.revokeWindowMs',
  });
}

function targetOf({ conversationSeq: seq, actorId: senderId, commandId }: MessageSent): RevokedTarget {
  return { seq, senderId, clientMessageId: commandId as RevokedTarget['clientMessageId'] };
}

function isOf(target: MessageTarget, { seq, senderId, clientMessageId }: RevokedTarget): boolean {
  return 'seq' in target
    ? target.seq === seq
    : target.senderId === senderId && target.clientMessageId === clientMessageId;
}
