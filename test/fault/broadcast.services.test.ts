import { directConversationId, parseUserId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { startDeployment } from '../support/deployment.ts';

const users = Array.from({ length: 40 }, (_, index) => `user${index}`);

function newsOf(text: string) {
  return { id: 'release-2', as: 'news', type: 'text', content: { text } } as const;
}

test('a broadcast whose process is killed with -9, first between two users and then after a commit, reaches everybody once when it is run again', async () => {
  await using deployment = await startDeployment();
  const first = await deployment.start();
  void first.broadcast({ users, message: newsOf('KILL 2.0 is out'), killAfter: 7 }).catch(() => {});
  expect(await first.ended).toBe('SIGKILL');

  // No more than 16 are under way, so that some have nothing yet: the first commit for them kills it.
  const second = await deployment.start({ kill: 'after-commit' });
  void second.broadcast({ users, message: newsOf('KILL 2.0 is out') }).catch(() => {});
  expect(await second.ended).toBe('SIGKILL');

  const third = await deployment.start();
  expect(await third.broadcast({ users, message: newsOf('KILL 2.0 is out') })).toEqual({ reached: 40, failed: [] });
  for (const user of users) {
    const conversationId = directConversationId('news', user);
    const userId = parseUserId(user);
    const { events } = await deployment.storage.history.range({ userId, conversationId, limit: 10 });
    expect(events.map(({ type }) => type)).toEqual(['message.sent', 'conversation.created']);
  }
});
