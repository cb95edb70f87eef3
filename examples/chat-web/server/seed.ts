import { setTimeout as sleep } from 'node:timers/promises';
import { createMessaging } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { createAppCaller, createAppRouter } from './app-router.ts';
import { content } from './content.ts';
import { DEMO_PEOPLE } from './demo-people.ts';
import { demoTalk, type Talk } from './seed-talk.ts';

/**
 * Writes some weeks of conversations through the procedures that the page calls, by a clock that is told what time it is.
 * @param now milliseconds since 1970: when the talk has just ended
 */
export async function seed(path: string, now: number): Promise<void> {
  let time = now;
  const messaging = createMessaging({
    content,
    storage: sqliteStorage({ path }),
    clock: {
      now: () => time,
      monotonic: () => performance.now(),
      sleep: async (ms, signal) => {
        await sleep(ms, undefined, signal && { signal }).catch(() => undefined);
      },
    },
    limits: {
      callsPerSecond: 1_000_000,
      callBurst: 1_000_000,
      conversationsPerHour: 1_000_000,
      invitationsPerHour: 1_000_000,
    },
  });
  const router = createAppRouter(messaging, { list: () => DEMO_PEOPLE });
  const caller = createAppCaller(router);
  const as = (id: string) => caller(id).chat;
  await messaging.ready();

  const talks = demoTalk(now);
  const ids = new Map<Talk, string>();
  const moments = talks
    .flatMap((talk) => talk.lines.map((line) => ({ talk, line })))
    .sort((a, b) => a.line.at - b.line.at);
  for (const { talk, line } of moments) {
    time = line.at;
    let conversationId = ids.get(talk);
    if (conversationId === undefined) {
      conversationId = await open(talk, as);
      ids.set(talk, conversationId);
    }
    await as(line.from).send({ conversationId, clientMessageId: `seed-${line.at}-${line.from}`, ...line.message });
  }
  // Everybody has read everything but the last lines, where a talk says so.
  for (const [talk, conversationId] of ids) {
    const { conversations } = await as(talk.members[0] as string).conversations.list({ limit: 100 });
    const head = conversations.find((each) => each.conversationId === conversationId)?.head ?? 0;
    for (const member of talk.members) {
      const readSeq = head - (talk.unreadBy[member] ?? 0);
      if (readSeq > 0) await as(member).conversations.markRead({ conversationId, readSeq });
    }
  }
  time = now;
  await messaging.close();
}

type Caller = ReturnType<ReturnType<typeof createAppCaller>>['chat'];

async function open(talk: Talk, as: (id: string) => Caller): Promise<string> {
  const [first, ...others] = talk.members as [string, ...string[]];
  const { conversationId } =
    talk.title === null
      ? await as(first).conversations.openDirect({ userId: others[0] as string })
      : await as(first).conversations.createGroup({ title: talk.title, memberIds: others });
  return conversationId;
}
