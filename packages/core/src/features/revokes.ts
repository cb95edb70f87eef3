import type { CommandId, ConversationSeq, UserId } from '../ids.ts';
import type { MessageTarget, Pin } from '../message.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type RevokeMessages = CommandHead & {
  readonly type: 'message.revoke';
  /** All of them are revoked, or none is. At most {@link REVOKED_AT_ONCE}. */
  readonly targets: readonly MessageTarget[];
  /** Shown with the tombstones: 1–200 characters. */
  readonly reason?: string | undefined;
};

/** Messages that one command revokes. */
export const REVOKED_AT_ONCE = 100;

/** The actor took messages back, for everybody. What they said is erased wherever it was kept. */
export type MessageRevoked = EventHead & {
  readonly type: 'message.revoked';
  /** Those that were not revoked before. */
  readonly targets: readonly RevokedTarget[];
  readonly reason?: string | undefined;
  /** What is pinned after it, the last first; absent: none of them was. */
  readonly pins?: readonly Pin[] | undefined;
};

/** A message that was revoked, by its place and by the id its sender gave it. */
export interface RevokedTarget {
  readonly seq: ConversationSeq;
  readonly senderId: UserId;
  readonly clientMessageId: CommandId;
}

export const messageRevoked: EventDefinition<MessageRevoked> = {
  erases: ({ targets }) => targets.map(({ seq }) => seq),
  sets: ({ targets, actorId: by, at, reason, pins }) => [
    ...targets.map(({ seq: target }) => ({
      target,
      name: 'revoked' as const,
      value: { by, at, ...(reason !== undefined && { reason }) },
    })),
    ...(pins ? [{ target: 0, name: 'pins' as const, value: pins }] : []),
  ],
  kept: true,
};
