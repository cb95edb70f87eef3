import type { ConversationKind } from '../conversation.ts';
import type { UserId } from '../ids.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type CreateConversation = CommandHead & {
  readonly type: 'conversation.create';
  readonly kind: ConversationKind;
  readonly title: string | null;
  /** Beside the actor, who is always a member. */
  readonly memberIds: readonly UserId[];
};

export interface ConversationCreated extends EventHead {
  readonly type: 'conversation.created';
  readonly kind: ConversationKind;
  readonly title: string | null;
  /** The first members, the creator among them. */
  readonly memberIds: readonly UserId[];
}

export const conversationCreated: EventDefinition<ConversationCreated> = {
  creates: ({ conversationId, kind, title, actorId, at }) => ({
    conversationId,
    kind,
    title,
    createdBy: actorId,
    createdAt: at,
  }),
  joins: ({ memberIds }) => memberIds,
  bumps: true,
  kept: true,
};
