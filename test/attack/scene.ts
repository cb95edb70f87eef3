import type { ConversationId } from '@tidemark/core';
import type { MessagingOptions } from '@tidemark/server';
import { attackedApp } from './attacked-app.ts';
import type { Target } from './target.ts';

/** Conversations that an attacker has no business in, whose texts all begin with SECRET, and who is in them. */
export interface Scene {
  /** alice, bob, until lately `removed`, whom alice removed, and `left`, who left. */
  readonly group: ConversationId;
  /** alice and bob. */
  readonly direct: ConversationId;
  /** alice's own. */
  readonly self: ConversationId;
  /** alice and carol: `pages` messages of 48 kB. */
  readonly long: ConversationId;
}

export const SECRET = 'SECRET-of-alice-and-bob';

/** Writes the scene through the procedures, by an instance without the limits that the attacked one has. */
export async function makeScene(storage: MessagingOptions<never>['storage'], target: Target): Promise<Scene> {
  const { messaging, call } = attackedApp(storage, {
    transformer: 'none',
    messaging: { limits: { callsPerSecond: 1e9, callBurst: 1e9, contentBytes: 64 * 1024 } },
  });
  await messaging.ready();
  const as = (id: string) => call({ user: { id } }).chat;
  let sent = 0;
  const say = (user: string, conversationId: ConversationId, text: string) =>
    as(user).send({ conversationId, clientMessageId: `scene-${sent++}`, type: 'text', content: { text } });

  const conversations = as('alice').conversations;
  const { conversationId: group } = await conversations.createGroup({
    title: 'SECRET crew',
    memberIds: ['bob', 'removed', 'left'],
  });
  const { conversationId: direct } = await conversations.openDirect({ userId: 'bob' });
  const { conversationId: long } = await conversations.openDirect({ userId: 'carol' });
  await say('bob', group, 'seen by all four');
  await conversations.removeMembers({ conversationId: group, memberIds: ['removed'] });
  await as('left').conversations.leave({ conversationId: group });
  for (const conversationId of [group, direct]) await say('bob', conversationId, SECRET);
  // Marking as read begins the conversation that alice has with herself.
  await conversations.markRead({ conversationId: direct, readSeq: 1 });

  const many = Array.from({ length: target.pages ?? 0 }, () => 'x'.repeat(48_000));
  const unread = Array.from({ length: target.unread ?? 0 }, () => 'unread');
  for (const texts of inSlices([...many, ...unread], 100)) {
    await Promise.all(texts.map((text) => say('carol', long, text)));
  }
  await messaging.close();
  return { group, direct, self: 'u:alice' as ConversationId, long };
}

function* inSlices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
