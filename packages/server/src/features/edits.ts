import { type EditMessage, type MessageEdited, type MessageSent, TidemarkError } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { type DecideContext, done, headOf, requireMember } from './deciding.ts';

export const editMessage: CommandDefinition<EditMessage> = {
  subjects: ({ target }) => ({ targets: [target], registers: ['content'] }),
  decide: (state, command, context) => {
    const current = requireMember(state, command.actorId);
    const message = context.subjects.event(command.conversationId, command.target);
    if (message?.type !== 'message.sent') throw messageNotFound();
    if (message.actorId !== command.actorId) {
      const joinedSeq = current.members.get(command.actorId) ?? Number.POSITIVE_INFINITY;
      // Of what the caller may not see nothing is said.
      if (message.conversationSeq < joinedSeq) throw messageNotFound();
      throw new TidemarkError('forbidden', 'only its author may edit a message', { field: 'target' });
    }
    requireInTime(message, context);
    const edited = context.subjects.register(message, 'content');
    const version = edited?.value?.version ?? 1;
    requireVersion(version, command, context);
    const event: MessageEdited = {
      type: 'message.edited',
      ...headOf(current, command, context),
      targetSeq: message.conversationSeq,
      version: version + 1,
      message: command.message,
    };
    return done(current, [event]);
  },
  content: ({ message }) => message,
  ledTo: ({ conversationId, target }, event) =>
    event.type === 'message.edited' &&
    event.conversationId === conversationId &&
    (!('seq' in target) || event.targetSeq === target.seq),
  intention: ({ conversationId, target }) => [conversationId, target],
};

function messageNotFound(): TidemarkError {
  return new TidemarkError('message_not_found', 'no such message of the conversation', { field: 'target' });
}

function requireInTime({ at }: MessageSent, { now, limits }: DecideContext): void {
  if (now - at <= limits.editWindowMs) return;
  throw new TidemarkError('forbidden', `may be edited for ${limits.editWindowMs} ms (limits.editWindowMs)`, {
    field: 'target',
    limit: 'limits.editWindowMs',
  });
}

function requireVersion(version: number, { expectedVersion }: EditMessage, { limits }: DecideContext): void {
  if (expectedVersion !== undefined && expectedVersion !== version) {
    throw new TidemarkError('conflict', `is version ${version} now`, { field: 'expectedVersion' });
  }
  if (version < limits.versions) return;
  throw new TidemarkError('forbidden', `has ${version} versions, at most ${limits.versions} (limits.versions)`, {
    field: 'target',
    limit: 'limits.versions',
  });
}
