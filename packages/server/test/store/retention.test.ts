import { type InboxStore, type RefusedCommand, type Seq, UnavailableError } from '@tidemark/core';
import { memoryHistory, memoryInbox } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { ServerEventBus } from '../../src/server-events.ts';
import { Retention } from '../../src/store/retention.ts';
import { alice, bob } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';
import { withInbox } from '../support/storage-faults.ts';

const DAY = 24 * 3_600_000;
const RETENTION = 14 * DAY;
const MAX_CLOCK_SKEW_MS = 60_000;

function openRetention(changed: (inbox: InboxStore) => Partial<InboxStore> = () => ({})) {
  const inbox = memoryInbox();
  const history = memoryHistory();
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const retention = new Retention({
    inbox: withInbox(inbox, changed(inbox)),
    clock,
    events,
    retentionMs: RETENTION,
    refusals: history,
    refusalRetentionMs: DAY,
    maxClockSkewMs: MAX_CLOCK_SKEW_MS,
  });
  const put = (userId: typeof alice, at: number, ...seqs: number[]) =>
    inbox.append(seqs.map((seq) => ({ userId, seq: seq as Seq, ref: null, at })));
  return { inbox, history, clock, events, retention, put };
}

describe('a pass', () => {
  test('removes what is older than retention, and says how much', async () => {
    const { inbox, clock, events, retention, put } = openRetention();
    const purged = recorded(events, 'purged');
    const now = clock.now();
    await put(alice, now - RETENTION - 1, 1, 2);
    await put(alice, now - RETENTION, 3);
    await put(alice, now, 4);
    await put(bob, now, 1, 2);
    expect(await retention.pass()).toBe(2);
    expect(purged).toEqual([{ rows: 2 }]);
    expect(await inbox.bounds([alice, bob])).toEqual(
      new Map([
        [alice, { floor: 2, head: 4 }],
        [bob, { floor: 0, head: 2 }],
      ]),
    );
  });

  test('removes refusals that are older than their own retention', async () => {
    const { history, clock, retention } = openRetention();
    const refused = (commandId: string, age: number) =>
      ({
        actorId: alice,
        commandId,
        conversationId: 'd:a,b',
        retry: 0,
        text: 'x',
        at: clock.now() - age,
      }) as RefusedCommand;
    await history.keepRefusals([refused('old', DAY + 1), refused('young', DAY)]);
    await retention.pass();
    expect((await history.newestRefusals(0, 10)).map(({ commandId }) => commandId)).toEqual(['young']);
  });

  test('is not stopped by a row that a clock a year ahead had dated, nor takes it before those after it', async () => {
    const { inbox, clock, retention, put } = openRetention();
    const now = clock.now();
    await put(alice, now + 365 * DAY, 1);
    await put(alice, now - RETENTION - 1, 2);
    await put(alice, now, 3);
    await put(bob, now + 365 * DAY, 1);
    await put(bob, now + 2 * MAX_CLOCK_SKEW_MS, 2);
    await put(bob, now, 3);
    await retention.pass();
    expect((await inbox.bounds([alice])).get(alice)).toEqual({ floor: 2, head: 3 });
    expect((await inbox.bounds([bob])).get(bob)).toEqual({ floor: 0, head: 3 });
  });

  test('that finds nothing says nothing', async () => {
    const { clock, events, retention, put } = openRetention();
    const purged = recorded(events, 'purged');
    await put(alice, clock.now(), 1, 2);
    expect(await retention.pass()).toBe(0);
    expect(purged).toEqual([]);
  });

  test('goes on in small batches until one is not full', async () => {
    const limits: number[] = [];
    const { clock, retention, put } = openRetention((inbox) => ({
      purge: (before, limit) => {
        limits.push(limit);
        return inbox.purge(before, limit);
      },
    }));
    await put(alice, clock.now() - RETENTION - 1, ...Array.from({ length: 2_501 }, (_, index) => index + 1));
    expect(await retention.pass()).toBe(2_500);
    expect(limits).toEqual([1_000, 1_000, 1_000]);
  });

  test('ends after some batches, however much there is', async () => {
    let batches = 0;
    const { retention } = openRetention(() => ({
      purge: async (_, limit) => {
        batches += 1;
        return limit;
      },
    }));
    await retention.pass();
    expect(batches).toBe(100);
  });
});

describe('while it runs', () => {
  test('passes come again and again, and what has become old is removed', async () => {
    const { inbox, clock, retention, put } = openRetention();
    await put(alice, clock.now(), 1, 2);
    retention.start();
    await clock.advance(RETENTION - DAY);
    expect((await inbox.bounds([alice])).get(alice)?.floor).toBe(0);
    await clock.advance(2 * DAY);
    expect((await inbox.bounds([alice])).get(alice)?.floor).toBe(1);
    await retention.close();
  });

  test('a pass that fails is told, and the next one comes all the same', async () => {
    let failures = 2;
    const { inbox, clock, events, retention, put } = openRetention((plain) => ({
      purge: async (...query) => {
        if (failures-- > 0) throw new UnavailableError('connection refused');
        return plain.purge(...query);
      },
    }));
    const retried = recorded(events, 'retried');
    await put(alice, clock.now() - RETENTION - 1, 1, 2);
    retention.start();
    await clock.advance(DAY);
    expect(retried.map(({ what, attempt }) => [what, attempt])).toEqual([
      ['purge', 0],
      ['purge', 1],
    ]);
    expect((await inbox.bounds([alice])).get(alice)?.floor).toBe(1);
    await retention.close();
  });

  test('closing ends it at once, and leaves no timer', async () => {
    const { clock, retention } = openRetention();
    retention.start();
    await clock.advance(0);
    expect(clock.sleeping).toBe(1);
    await retention.close();
    expect(clock.sleeping).toBe(0);
  });

  test('closing ends a long pass after the batch in work', async () => {
    let batches = 0;
    const { clock, retention } = openRetention(() => ({
      purge: async (_, limit) => {
        batches += 1;
        if (batches === 3) void retention.close();
        return limit;
      },
    }));
    await retention.pass();
    expect(batches).toBe(3);
    expect(clock.sleeping).toBe(0);
  });
});
