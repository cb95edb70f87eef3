import type { ConversationState, UserId } from '@tidemark/core';
import type { Permissions } from './deciding.ts';

/** What some members may do, and others not. */
export type Permission = 'revokeOthers' | 'pin';

/** Whether a member may do so in their conversation: in a group its creator, and everybody where the application says so. */
export function may(
  permission: Permission,
  { conversation }: ConversationState,
  userId: UserId,
  { pin }: Permissions,
): boolean {
  // In a direct conversation both pin, and neither revokes what the other has said.
  if (conversation.kind !== 'group') return permission === 'pin';
  return conversation.createdBy === userId || (permission === 'pin' && pin === 'everybody');
}
