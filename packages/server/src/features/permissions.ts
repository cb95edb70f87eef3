import type { ConversationState } from '@tidemark/core';
import { type Actor, isPrivileged, type Permissions } from './deciding.ts';

/** What some members may do, and others not. */
export type Permission = 'revokeOthers' | 'pin' | 'removeMembers';

/**
 * Whether a member may do so in their conversation: in a group its creator, and everybody where the application says so; anywhere, who
 * has its privilege.
 */
export function may(
  permission: Permission,
  state: ConversationState,
  { actorId, privileged }: Actor,
  { pin }: Permissions,
): boolean {
  if (isPrivileged(state, privileged)) return true;
  const { conversation } = state;
  // In a direct conversation both pin, and neither revokes what the other has said.
  if (conversation.kind !== 'group') return permission === 'pin';
  return conversation.createdBy === actorId || (permission === 'pin' && pin === 'everybody');
}
