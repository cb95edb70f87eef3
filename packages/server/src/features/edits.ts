import { type EditMessage, type MessageEdited, type MessageSent, TidemarkError } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { type DecideContext, done, headOf, requireMember } from './deciding.ts';
import { mentioned } from './mentions.ts';
import { requireMessage } from './targets.ts';

export const editMessage: CommandDefinition<EditMessage> = {
  subjects: ({ target }) => ({ targets: [target] }),
  decide: (state, command, context) => {
    const current = requireMember(state, command);
    const message = requireMessage(current, command, context);
    if (message.actorId !== command.actorId) {
      throw new TidemarkError('forbidden', 'only its author may edit a message', { field: 'target' });
    }
    requireInTime(message, context);
    const edited = context.subjects.registers(message, 'content').get('');
    const version = edited?.value?.version ?? 1;
    requireVersion(version, command, context);
    const { mentions: mentionsBefore } = edited?.value ?? message;
    const event: MessageEdited = {
      type: 'message.edited',
      ...headOf(current, command, context),
      targetSeq: message.conversationSeq,
      version: version + 1,
      message: command.message,
      ...mentioned(current, command, context),
      ...(mentionsBefore && { mentionsBefore }),
    };
    return done(current, [event]);
  },
  addedFields: ['mentions'],
  content: ({ message }) => message,
  ledTo: ({ conversationId, target }, event) =>
    (event.type === 'message.edited' || event.type === 'edit.erased') &&
    event.conversationId === conversationId &&
    (!('seq' in target) || event.targetSeq === target.seq),
  intention: ({ conversationId, target }) => [conversationId, target],
};

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
