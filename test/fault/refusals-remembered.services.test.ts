import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseErrorText } from '@tidemark/core';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { connectStock, startApp } from '../support/app.ts';
import { startDeployment } from '../support/deployment.ts';
import { untilDone } from '../support/send-until-receipt.ts';

type Client = Pick<ReturnType<typeof connectStock>, 'trpc'>;

const late = { clientMessageId: 'late', type: 'text', content: { text: 'from outside' } } as const;

/** A group that bob has left, where his message is refused; gives its id. */
async function refuseBob(alice: Client, bob: Client): Promise<string> {
  const { conversationId } = await untilDone(() =>
    alice.trpc.chat.conversations.createGroup.mutate({ memberIds: ['bob', 'carol'] }),
  );
  await untilDone(() => bob.trpc.chat.conversations.leave.mutate({ conversationId }));
  expect(await codeOf(bob, conversationId)).toBe('not_a_member');
  return conversationId;
}

/** Bob is a member again: a copy of what was refused stays refused, and what he means anew is sent. */
async function expectRemembered(alice: Client, bob: Client, conversationId: string): Promise<void> {
  await untilDone(() => alice.trpc.chat.conversations.addMembers.mutate({ conversationId, memberIds: ['bob'] }));
  expect(await codeOf(bob, conversationId)).toBe('not_a_member');
  const receipt = await untilDone(() => bob.trpc.chat.send.mutate({ conversationId, ...late, retry: 1 }));
  expect(receipt.clientMessageId).toBe('late');
  const { events } = await alice.trpc.chat.conversations.history.query({ conversationId });
  expect(events.filter(({ commandId }) => commandId === 'late')).toHaveLength(1);
}

/** The code that the sender of the copy is told for good. */
async function codeOf(bob: Client, conversationId: string): Promise<string | undefined> {
  try {
    await untilDone(() => bob.trpc.chat.send.mutate({ conversationId, ...late }));
    return undefined;
  } catch (error) {
    return parseErrorText((error as Error).message)?.code;
  }
}

test('an embedded process restarts: a copy of what it had refused is refused by the next one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-refusals-'));
  try {
    const start = () => startApp({ storage: sqliteStorage({ path: join(folder, 'chat.db') }) });
    let conversationId: string;
    {
      await using app = await start();
      await using alice = connectStock(app.wsUrl, 'alice');
      await using bob = connectStock(app.wsUrl, 'bob');
      conversationId = await refuseBob(alice, bob);
    }
    await using app = await start();
    await using alice = connectStock(app.wsUrl, 'alice');
    await using bob = connectStock(app.wsUrl, 'bob');
    await expectRemembered(alice, bob, conversationId);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('Redis is wiped and the worker killed: a copy of what was refused is refused by the next worker', async () => {
  await using deployment = await startDeployment();
  const server = await deployment.start();
  const conversationId = await refuseBob(deployment.connect(server, 'alice'), deployment.connect(server, 'bob'));
  await server[Symbol.asyncDispose]();
  const redis = new Redis(deployment.redis.url);
  await redis.flushall();
  redis.disconnect();
  const next = await deployment.start();
  await expectRemembered(deployment.connect(next, 'alice'), deployment.connect(next, 'bob'), conversationId);
});
