import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeploymentError } from '@tidemark/core';
import { createMessaging, releaseDeployment } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import type { Heal, ProcessObserver } from '@tidemark/testkit/verify';
import { initTRPC } from '@trpc/server';
import { Redis } from 'ioredis';
import { z } from 'zod';

const NAME = 'a second deployment that was let in';
const READY_MS = 10_000;

/**
 * Another application on the same Redis, under the same prefix, with a database of its own. It sends in the name of the same users,
 * to whom nothing of that may be shown. It must be refused with a DeploymentError that says what to do; where it is not, the history
 * tells of a process that ended. Where nobody has the claim at this moment, since Redis was emptied just now, nothing is proved: it
 * gives the claim up again, and rejects.
 */
export async function startSecondDeployment(url: string, observer: ProcessObserver): Promise<Heal> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-verify-second-'));
  const redis = new Redis(url, { retryStrategy: (times) => Math.min(times * 50, 500) });
  redis.on('error', () => {});
  const messaging = createMessaging({
    content: { text: z.object({ text: z.string() }) },
    storage: sqliteStorage({ path: join(folder, 'second.db') }),
    redis,
    partitions: 8,
    tuning: { leaseTtlMs: 1_500, receiptTimeoutMs: 1_000 },
    warnings: false,
  });
  const t = initTRPC.context<{ user: string }>().create();
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const end: Heal = async () => {
    await messaging.close();
    redis.disconnect();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const claimed = await redis.hget('tm:deployment', 'identity');
    const refusal = await refusalOf(messaging.ready());
    const { chat } = router.createCaller({ user: 'alice' });
    const message = { type: 'text', content: { text: 'of another application' } } as const;
    const answer = await chat
      .send({ conversationId: 'd:alice,bob', clientMessageId: `second-${Date.now()}`, ...message } as never)
      .then(
        () => 'stored',
        (error: unknown) => String(error),
      );
    const isClear = refusal instanceof DeploymentError && refusal.message.includes('keyPrefix');
    if (isClear && answer !== 'stored') return end;
    await messaging.close();
    await releaseDeployment({ redis }).catch(() => {});
    if (claimed !== null && refusal === undefined) observer.ended(NAME, null, true);
    throw new Error(`it was not refused: ${refusal ?? 'it is open'}; ${answer}`);
  } catch (error) {
    await end();
    throw error;
  }
}

/** Undefined when it opened. */
async function refusalOf(ready: Promise<void>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis does not answer')), READY_MS);
  });
  try {
    await Promise.race([ready, late]);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
  }
}
