import type { Storage } from '@tidemark/core';
import { directConversationId, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type ClosingStep, closeInOrder } from '../src/closing.ts';
import { createMessaging } from '../src/create-messaging.ts';
import { createMemoryBackplaneState, memoryBackplane } from '../src/memory-backplane.ts';
import type { ServerEvents } from '../src/server-events.ts';
import { flushPromises, ManualClock } from './support/manual-clock.ts';

const CLOSE_TIMEOUT = 3_000;
const never = (): Promise<never> => new Promise(() => {});

/** Whether it has flushPromises, as far as promises alone decide. */
async function isOver(work: Promise<unknown>): Promise<boolean> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  work.then(end, end);
  await flushPromises();
  return over;
}

/** Messaging in memory, one of whose storage's or backplane's calls may hang. */
function messagingOn(storage: Storage, clock: ManualClock, shared = createMemoryBackplaneState()) {
  const SIZES = { partitions: 1, backlog: 100, deadLetters: 100 };
  const backplane = memoryBackplane({ ...SIZES, shared, clock });
  const messaging = createMessaging({
    content: { text: z.object({ text: z.string() }) },
    storage,
    backplane,
    clock,
    partitions: 1,
    tuning: { drainTimeoutMs: 1_000, closeTimeoutMs: CLOSE_TIMEOUT },
  });
  const t = initTRPC.context<{ user: string }>().create();
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const timeouts: ServerEvents['close-timed-out'][] = [];
  messaging.on('close-timed-out', (payload) => timeouts.push(payload));
  const send = (): Promise<unknown> =>
    router.createCaller({ user: 'alice' }).chat.send({
      conversationId: directConversationId('alice', 'bob'),
      clientMessageId: 'm1',
      type: 'text',
      content: { text: 'hello' },
    });
  return { messaging, backplane, timeouts, send };
}

test('closing resolves after its time while a commit hangs, says so, and another worker carries the command out', async () => {
  const clock = new ManualClock();
  const shared = createMemoryBackplaneState();
  const storage = memoryStorage();
  const { messaging, timeouts, send } = messagingOn(
    { ...storage, commit: never, close: async () => {} },
    clock,
    shared,
  );
  await messaging.ready();
  const sent = send().catch((error: unknown) => error);
  await clock.advance(100);

  const closed = messaging.close();
  await clock.advance(CLOSE_TIMEOUT - 1);
  expect(await isOver(closed)).toBe(false);
  await clock.advance(1);
  await closed;
  expect(timeouts).toEqual([{ ms: CLOSE_TIMEOUT, waitingFor: ['partitions'], partitions: [0] }]);
  expect(await sent).toMatchObject({ message: expect.stringContaining('outcome_unknown') });

  const heir = messagingOn(storage, clock, shared);
  const committed: ServerEvents['committed'][] = [];
  heir.messaging.on('committed', (payload) => committed.push(payload));
  await heir.messaging.ready();
  await clock.advance(10_000);
  expect(committed).toMatchObject([{ messages: 1, commands: 1 }]);
  await clock.finish(heir.messaging.close());
  expect(heir.timeouts).toEqual([]);
});

test('closing resolves after its time while the storage cannot be opened, or closed', async () => {
  for (const [hanging, waitingFor] of [
    [{ open: never }, ['opening']],
    [{ close: never }, ['storage']],
  ] as const) {
    const clock = new ManualClock();
    const { messaging, timeouts } = messagingOn({ ...memoryStorage(), ...hanging }, clock);
    await clock.advance(100);
    const closed = messaging.close();
    await clock.advance(CLOSE_TIMEOUT);
    await closed;
    expect(timeouts).toEqual([{ ms: CLOSE_TIMEOUT, waitingFor, partitions: [] }]);
    await expect(messaging.close()).resolves.toBeUndefined();
  }
});

test('closing waits no longer than it has to, and leaves no timer', async () => {
  const clock = new ManualClock();
  const { messaging, timeouts, send } = messagingOn(memoryStorage(), clock);
  await messaging.ready();
  await clock.finish(send());
  const began = clock.monotonic();
  await clock.finish(messaging.close());
  expect(clock.monotonic() - began).toBeLessThan(CLOSE_TIMEOUT);
  expect(clock.sleeping).toBe(0);
  expect(timeouts).toEqual([]);
});

/** Groups whose steps note when they begin; those named hang until told to end. */
function noted(groups: readonly ClosingStep[][], hanging: readonly ClosingStep[]) {
  const begun: ClosingStep[] = [];
  const steps = groups.map((group) =>
    Object.fromEntries(
      group.map((name) => [
        name,
        async () => {
          begun.push(name);
          if (hanging.includes(name)) await never();
        },
      ]),
    ),
  );
  return { begun, steps };
}

test('the steps after the one that hangs begin when the time is over, and it alone is named', async () => {
  const clock = new ManualClock();
  const { begun, steps } = noted(
    [['sockets'], ['partitions', 'purging'], ['backplane'], ['storage']],
    ['partitions', 'storage'],
  );
  const closed = closeInOrder(steps, 50, clock);
  await clock.advance(49);
  expect(begun).toEqual(['sockets', 'partitions', 'purging']);
  await clock.advance(1);
  expect(await closed).toEqual(['partitions']);
  expect(begun).toEqual(['sockets', 'partitions', 'purging', 'backplane', 'storage']);
});

test('a step that fails in time fails the closing; one that fails after it is passed over', async () => {
  const clock = new ManualClock();
  const broken = async (): Promise<never> => {
    throw new Error('the storage does not close');
  };
  await expect(closeInOrder([{ storage: broken }], 50, clock)).rejects.toThrow('does not close');
  const late = closeInOrder([{ backplane: never }, { storage: broken }], 50, clock);
  await clock.advance(50);
  expect(await late).toEqual(['backplane']);
  expect(clock.sleeping).toBe(0);
});

test('a call to a process whose store cannot be opened is answered after its time, and a later one when it is open', async () => {
  const clock = new ManualClock();
  const storage = memoryStorage();
  let isDown = true;
  const open = async (): Promise<void> => {
    if (isDown) throw new UnavailableError('nobody listens');
  };
  const { messaging, send } = messagingOn({ ...storage, open }, clock);
  await expect(clock.finish(send())).rejects.toThrow(/^unavailable: .* within 5000 ms/);
  const reasons = [{ what: 'start', text: 'waits for the storage to open: nobody listens' }];
  expect(messaging.health()).toEqual({ status: 'starting', reasons });
  isDown = false;
  expect(await clock.finish(send())).toMatchObject({ conversationSeq: 2 });
  expect(messaging.health().status).toBe('ok');
  await clock.finish(messaging.close());
  expect(clock.sleeping).toBe(0);
});
