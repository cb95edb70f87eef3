import type { ConversationId, UserId } from '@tidemark/core';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { batchFor, type ConversationBuilder, conversationBuilder, seededIds, seqCounter } from '@tidemark/testkit';
import type { ChatWeb } from '../support/chat-web.ts';
import { connectCaller } from './chat-peer.ts';

/** A group named `<unread> unread`, in which the user has read `READ` messages, and so many more stand after those. */
export interface UnreadTalk {
  readonly conversationId: ConversationId;
  readonly title: string;
  readonly group: ConversationBuilder;
}

/** More than two pages. */
const READ = 160;
const others = ['bob', 'carol'] as UserId[];

/** Writes one group per count, and has the user read all but so many messages of each. The server is restarted. */
export async function writeUnreadTalks(chat: ChatWeb, user: string, counts: readonly number[]): Promise<UnreadTalk[]> {
  await chat.kill9();
  const ids = seededIds(7, Date.now() - 48 * 3_600_000);
  const seqs = seqCounter();
  const groups = counts.map((unread) => {
    const title = `${unread} unread`;
    const group = conversationBuilder({ ids, memberIds: [...others, user as UserId], title });
    for (let number = 1; number <= READ + unread; number += 1) say(group, number);
    return { conversationId: group.conversationId, title, group };
  });
  const storage = sqliteStorage({ path: chat.database });
  await storage.open();
  for (const { group } of groups) await storage.commit(batchFor(group, group.events, seqs));
  await storage.close();
  await chat.restart();
  await using caller = await connectCaller(chat.url, user);
  for (const { conversationId, group } of groups) {
    const readSeq = group.created.conversationSeq + READ;
    await caller.trpc.chat.conversations.markRead.mutate({ conversationId, readSeq });
  }
  return groups;
}

/** So many more are there when the server is back. */
export async function writeMore(chat: ChatWeb, { group }: UnreadTalk, count: number): Promise<void> {
  await chat.kill9();
  const storage = sqliteStorage({ path: chat.database });
  await storage.open();
  const seqs = seqCounter();
  for (const [member, { head }] of await storage.inbox.bounds(group.created.memberIds)) seqs.raise(member, head);
  const first = group.events.length;
  await storage.commit(
    batchFor(
      group,
      Array.from({ length: count }, (_, index) => say(group, first + index)),
      seqs,
    ),
  );
  await storage.close();
  await chat.restart();
}

function say(group: ConversationBuilder, number: number) {
  return group.message({
    from: others[Math.floor(number / 3) % others.length] as UserId,
    content: { text: textOf(number) },
  });
}

/** From a word to some lines, as people write. */
function textOf(number: number): string {
  const line = 'The water goes out and comes in again, as it always has.';
  return `${number}. ${line.repeat([1, 1, 0, 2, 1, 5, 0, 3][number % 8] as number)}`;
}
