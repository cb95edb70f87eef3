import type { UserId } from '../ids.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type AddMembers = CommandHead & { readonly type: 'members.add'; readonly memberIds: readonly UserId[] };
export type RemoveMembers = CommandHead & { readonly type: 'members.remove'; readonly memberIds: readonly UserId[] };

export interface MembersAdded extends EventHead {
  readonly type: 'members.added';
  readonly memberIds: readonly UserId[];
}

/** Members were removed, or one left (memberIds is the actor alone). They receive this event and none after it. */
export interface MembersRemoved extends EventHead {
  readonly type: 'members.removed';
  readonly memberIds: readonly UserId[];
}

export const membersAdded: EventDefinition<MembersAdded> = { joins: ({ memberIds }) => memberIds, kept: true };
export const membersRemoved: EventDefinition<MembersRemoved> = { leaves: ({ memberIds }) => memberIds, kept: true };
