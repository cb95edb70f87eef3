import type { ConversationState, UserId } from '@tidemark/core';

/** What some members may do, and others not. */
export type Permission = 'revokeOthers' | 'pin';

/** Whether a member may do so in their conversation: in a group its creator, in a direct conversation nobody. */
export function may(_permission: Permission, { conversation }: ConversationState, userId: UserId): boolean {
  return conversation.kind === 'group' && conversation.createdBy === userId;
}
