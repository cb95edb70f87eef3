import type { ConversationState } from '@tidemark/core';
import { type Actor, isPrivileged, type Permissions } from './deciding.ts';

/** What some members may do, and others not. */
export type Permission = 'revokeOthers' | 'removeMembers' | keyof Permissions;

/**
 * Whether a member may do so in their conversation: in a group its creator, and everybody where the application says so; anywhere, who
 * has its privilege.
 */
export function may(
  permission: Permission,
  state: ConversationState,
  { actorId, privileged }: Actor,
  permissions: Permissions,
): boolean {
  if (isPrivileged(state, privileged)) return true;
  const { kind, createdBy } = state.conversation;
  const isCreators = permission === 'revokeOthers' || permission === 'removeMembers';
  // In a direct conversation neither revokes what the other has said.
  if (kind !== 'group') return !isCreators;
  return createdBy === actorId || (!isCreators && permissions[permission] === 'everybody');
}
