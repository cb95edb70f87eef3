import type { UserId } from '../ids.ts';
import type { Mentions } from '../message.ts';
import type { RegisterSetting } from './registers.ts';

/** Whether they mean the user, by name or with all. */
export function isMentioned(mentions: Mentions | undefined, userId: UserId): boolean {
  return mentions !== undefined && (meansAll(mentions) || mentions.users.includes(userId));
}

/** `here` means all members too; it is for notifications that only those are alerted who are there. */
export function meansAll({ all, here }: Mentions): boolean {
  return all === true || here === true;
}

/** The registers by which stores find unread mentions: one of each user who is mentioned, or one without an owner for all. */
export function mentionsSet(target: number, now?: Mentions, before?: Mentions): RegisterSetting[] {
  const settings = (mentions: Mentions | undefined, value: true | null) =>
    ownersOf(mentions).map((owner) => ({ target, name: 'mention' as const, owner, value }));
  // Of two settings of one register the last stands.
  return [...settings(before, null), ...settings(now, true)];
}

function ownersOf(mentions: Mentions | undefined): readonly (UserId | null)[] {
  if (!mentions) return [];
  return meansAll(mentions) ? [null] : mentions.users;
}
