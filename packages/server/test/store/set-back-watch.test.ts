import {
  composeStorage,
  type Event,
  type InboxRow,
  refKey,
  type Seq,
  type Storage,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import { createMemoryState, memoryHistory, memoryInbox, memoryStorage } from '@tidemark/storage-memory';
import { conversationBuilder, seededIds } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { ServerEventBus } from '../../src/server-events.ts';
import { SetBackWatch } from '../../src/store/set-back-watch.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const RETENTION = 14 * 24 * 3_600_000;

/** A store that loses its last events, and the processes on it. */
function world(make: (lost: (key: string) => boolean) => Storage = losing) {
  const lost = new Set<string>();
  const clock = new ManualClock();
  const storage = make((key) => lost.has(key));
  const ids = seededIds();
  const chat = conversationBuilder({ ids, memberIds: [ids.userId('alice'), ids.userId('bob')] });
  let written = 0;
  let asked = 0;
  const counted: Storage = {
    ...storage,
    history: {
      ...storage.history,
      findByRef: (...args) => {
        asked += 1;
        return storage.history.findByRef(...args);
      },
    },
  };

  function process(over: Partial<Storage['history']> = {}) {
    const events = new ServerEventBus();
    const told = recorded(events, 'store-set-back');
    let startedAgain = 0;
    const watch = new SetBackWatch({
      storage: { ...counted, history: { ...counted.history, ...over } },
      retentionMs: RETENTION,
      onSetBack: () => {
        startedAgain += 1;
      },
      events,
      clock,
    });
    /** Commits the next event of the conversation. */
    async function commit(): Promise<Event> {
      const event = written === 0 ? chat.created : chat.message();
      written += 1;
      const row: InboxRow = { userId: ids.userId('alice'), seq: written as Seq, ref: event, at: event.at };
      await storage.commit({ events: [event], rows: [row] });
      await watch.committed({ events: [event], rows: [row] });
      return event;
    }
    return { watch, told, commit, startedAgain: () => startedAgain };
  }

  return { clock, process, lose: (event: Event) => lost.add(refKey(event)), asked: () => asked };
}

function losing(isLost: (key: string) => boolean): Storage {
  const storage = memoryStorage();
  const { findByRef } = storage.history;
  return {
    ...storage,
    history: {
      ...storage.history,
      findByRef: async (...args) => (await findByRef(...args)).filter((event) => !isLost(refKey(event))),
    },
  };
}

test('a writer whose last commit is gone knows it before the next one, and every feed starts again once', async () => {
  const { clock, process, lose } = world();
  const { watch, told, commit, startedAgain } = process();
  await commit();
  const last = await commit();
  await clock.advance(251);
  expect(await watch.current()).toBe(0);
  lose(last);
  await clock.advance(251);
  expect(await watch.current()).toBe(1);
  await clock.advance(251);
  expect(await watch.current()).toBe(1);
  expect(startedAgain()).toBe(1);
  expect(told).toEqual([{ lost: { conversationId: last.conversationId, conversationSeq: last.conversationSeq } }]);
});

test('another event at its place is not the one that was there', async () => {
  const { clock, process } = world();
  const { watch, commit, startedAgain } = process({
    findByRef: async ([ref]) => [{ ...ref, actorId: 'someone', commandId: 'else', at: 1, type: 'x' } as never],
  });
  await commit();
  await clock.advance(251);
  expect(await watch.current()).toBe(1);
  expect(startedAgain()).toBe(1);
});

test('commits that follow each other closely ask nothing; one after a failure does', async () => {
  const { clock, process, lose, asked } = world();
  const { watch, commit } = process();
  let last = await commit();
  for (let nth = 0; nth < 5; nth++) {
    await clock.advance(100);
    expect(await watch.current()).toBe(0);
    last = await commit();
  }
  expect(asked()).toBe(0);
  lose(last);
  watch.failed();
  expect(await watch.current()).toBe(1);
});

test('while one writer asks, the others wait for the answer, however lately something was committed', async () => {
  const { process, lose } = world();
  let answer = () => {};
  const { watch, commit } = process({
    findByRef: () =>
      new Promise((resolve) => {
        answer = () => resolve([]);
      }),
  });
  lose(await commit());
  watch.failed();
  const writers = [watch.current(), watch.current()];
  answer();
  expect(await Promise.all(writers)).toEqual([1, 1]);
});

test('a store that cannot be asked says nothing, and is asked again', async () => {
  const { process, lose } = world();
  let down = true;
  const { watch, commit } = process({
    findByRef: async () => {
      if (down) throw new UnavailableError('connection refused');
      return [];
    },
  });
  lose(await commit());
  watch.failed();
  await expect(watch.current()).rejects.toBeInstanceOf(UnavailableError);
  down = false;
  expect(await watch.current()).toBe(1);
});

test('a process that writes nothing notices by what another one had put into the claim, though that is gone', async () => {
  const { process, lose } = world();
  const [writer, gateway] = [process(), process()];
  const last = await writer.commit();
  const { witness } = writer.watch.report();
  await gateway.watch.heard({ setBacks: 0, witness });
  expect(gateway.watch.count).toBe(0);
  lose(last);
  // The claim was lost as well.
  await gateway.watch.heard({ setBacks: 0, witness: '' });
  expect(gateway.watch.report()).toEqual({ setBacks: 1, witness: '' });
  expect(gateway.startedAgain()).toBe(1);
});

test('a process that starts notices by the claim', async () => {
  const { process, lose } = world();
  const [before, after] = [process(), process()];
  lose(await before.commit());
  await after.watch.heard(before.watch.report());
  expect(after.watch.count).toBe(1);
});

test('what one process noticed another hears, and what it knew itself of the time before counts no second time', async () => {
  const { clock, process, lose } = world();
  const [one, two] = [process(), process()];
  lose(await one.commit());
  lose(await two.commit());
  await one.watch.heard({ setBacks: 0, witness: '' });
  await two.watch.heard(one.watch.report());
  await clock.advance(251);
  expect([await one.watch.current(), await two.watch.current()]).toEqual([1, 1]);
  expect([one.startedAgain(), two.startedAgain()]).toEqual([1, 1]);
  expect(two.told).toEqual([]);
});

test('a witness is put into the claim once it answers, and then not again', async () => {
  const { process } = world();
  const { watch, commit } = process();
  await commit();
  const first = watch.report();
  expect(watch.report()).toEqual(first);
  await watch.heard({ setBacks: 0, witness: '' });
  expect(watch.report()).toEqual({ setBacks: 0, witness: '' });
});

test.each(['', 'x', '{}', '[]', 'null', '{"conversationId":"a","conversationSeq":-1,"fingerprint":"a"}'])(
  'what is no witness (%j) says nothing',
  async (witness) => {
    const { process } = world();
    const { watch } = process();
    await watch.heard({ setBacks: 0, witness });
    expect(watch.count).toBe(0);
  },
);

test('an inbox of its own that was set back alone is noticed by its row, until that may have expired', async () => {
  const [history, inbox] = [memoryHistory(), memoryInbox({ state: createMemoryState() })];
  let isLost = false;
  const storage = composeStorage({
    history,
    inbox: { ...inbox, find: async (...args) => (isLost ? [] : inbox.find(...args)) },
  });
  await storage.open();
  const { clock, process } = world(() => storage);
  const { watch, commit } = process();
  await commit();
  await clock.advance(251);
  expect(await watch.current()).toBe(0);
  isLost = true;
  await clock.advance(251);
  expect(await watch.current()).toBe(1);
});

test('a commit that took longer does not hide that the store was set back meanwhile, and a quick one asks nothing', async () => {
  const { clock, process, lose, asked } = world();
  const { watch, commit, startedAgain } = process();
  lose(await commit());
  await clock.advance(250);
  await commit();
  expect([asked(), watch.count]).toEqual([0, 0]);
  lose(await commit());
  await clock.advance(251);
  await commit();
  expect([asked(), watch.count, startedAgain()]).toEqual([1, 1, 1]);
  await commit();
  await clock.advance(251);
  expect(await watch.current()).toBe(1);
});

test('what others tell is news when they know as much, or more', async () => {
  const { process } = world();
  const { watch, startedAgain } = process();
  expect([watch.isCurrent(0), startedAgain()]).toEqual([true, 0]);
  expect([watch.isCurrent(2), startedAgain(), watch.count]).toEqual([true, 1, 2]);
  expect([watch.isCurrent(1), watch.isCurrent(2), startedAgain()]).toEqual([false, true, 1]);
});

test('what it delivered, read or in a frame, is known as well as what it committed itself', async () => {
  const { clock, process, lose } = world();
  const [writer, other] = [process(), process()];
  await writer.commit();
  const last = await writer.commit();
  other.watch.delivered('alice' as UserId, { seq: 2 as Seq, event: last }, 0);
  expect(await other.watch.current()).toBe(0);
  // Its writer is gone, and with it the only one who could have named it.
  lose(last);
  await clock.advance(251);
  expect(await other.watch.current()).toBe(1);
  expect(other.startedAgain()).toBe(1);
  // What was read before comes late, and says nothing of the store as it is.
  other.watch.delivered('alice' as UserId, { seq: 2 as Seq, event: last }, 0);
  await clock.advance(251);
  expect(await other.watch.current()).toBe(1);
});

test('of what it delivered the last counts, whatever the clock of its writer said', async () => {
  const { clock, process, lose } = world();
  const [writer, other] = [process(), process()];
  const ahead = { ...(await writer.commit()), at: clock.now() + 3_600_000 };
  const last = await writer.commit();
  other.watch.delivered('alice' as UserId, { seq: 1 as Seq, event: ahead }, 0);
  await clock.advance(1);
  other.watch.delivered('alice' as UserId, { seq: 2 as Seq, event: { ...last, at: clock.now() } }, 0);
  // An older page is no later news.
  other.watch.delivered('alice' as UserId, { seq: 1 as Seq, event: { ...ahead, at: clock.now() - 60_000 } }, 0);
  lose(last);
  await clock.advance(251);
  expect(await other.watch.current()).toBe(1);
  expect(other.told).toMatchObject([{ lost: { conversationSeq: last.conversationSeq } }]);
});

test('a commit begun before the store was set back, and answered after, is no witness of what stands', async () => {
  const { clock, process, lose } = world();
  const { watch, commit, startedAgain } = process();
  const last = await commit();
  await clock.advance(251);
  lose(last);
  expect(await watch.current()).toBe(1);
  expect(await watch.committed({ events: [last], rows: [] }, 0)).toBe(1);
  await clock.advance(251);
  expect(await watch.current()).toBe(1);
  expect(startedAgain()).toBe(1);
});
