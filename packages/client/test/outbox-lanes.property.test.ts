import type { CommandId, ConversationId } from '@tidemark/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schedulesOf } from '../../../test/support/schedules.ts';
import { createOutboxLanes, type LaneEffect } from '../src/send/outbox-lanes.ts';

const LIMIT = 3;

const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), lane: fc.nat(5) }),
  fc.record({ do: fc.constant('done' as const), pick: fc.nat(20) }),
  fc.record({ do: fc.constant('again' as const), pick: fc.nat(20) }),
  fc.record({ do: fc.constant('due' as const), pick: fc.nat(20) }),
  fc.record({ do: fc.constant('remove' as const), pick: fc.nat(20) }),
  fc.record({ do: fc.constant('online' as const) }),
  fc.record({ do: fc.constant('offline' as const) }),
);

/** What the outbox would do with the effects, and what must never happen. */
class Driver {
  readonly lanes = createOutboxLanes(LIMIT);
  readonly calls: { lane: ConversationId; id: CommandId }[] = [];
  readonly waits: Extract<LaneEffect, { type: 'wait' }>[] = [];
  /** Not done or removed yet, per conversation, in order. */
  readonly left = new Map<ConversationId, CommandId[]>();
  readonly done = new Map<ConversationId, CommandId[]>();
  #added = 0;
  isOnline = false;

  take(effects: readonly LaneEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'wait') {
        this.waits.push(effect);
        continue;
      }
      if (!this.isOnline) throw new Error('a draft was sent while offline');
      if (this.calls.some((call) => call.lane === effect.conversationId))
        throw new Error('two at once in a conversation');
      if (this.left.get(effect.conversationId)?.[0] !== effect.id)
        throw new Error('a draft overtook the one before it');
      this.calls.push({ lane: effect.conversationId, id: effect.id });
      if (this.calls.length > LIMIT) throw new Error('more at once than the limit');
    }
  }

  add(lane: number): void {
    const conversationId = `c${lane}` as ConversationId;
    this.#added += 1;
    const id = `m${this.#added}` as CommandId;
    this.left.set(conversationId, [...(this.left.get(conversationId) ?? []), id]);
    this.take(this.lanes.add(conversationId, id));
  }

  end(pick: number, outcome: 'done' | 'again'): void {
    const [call] = this.calls.splice(pick % Math.max(1, this.calls.length), 1);
    if (!call) return;
    if (outcome === 'done') {
      this.left.get(call.lane)?.shift();
      this.done.set(call.lane, [...(this.done.get(call.lane) ?? []), call.id]);
    }
    this.take(this.lanes.finish(call.lane, call.id, outcome));
  }

  due(pick: number): void {
    const [wait] = this.waits.splice(pick % Math.max(1, this.waits.length), 1);
    if (wait) this.take(this.lanes.due(wait.conversationId, wait.ticket));
  }

  remove(pick: number): void {
    const all = [...this.left].flatMap(([lane, ids]) => ids.map((id) => ({ lane, id })));
    const one = all[pick % Math.max(1, all.length)];
    if (!one) return;
    this.left.set(
      one.lane,
      (this.left.get(one.lane) ?? []).filter((id) => id !== one.id),
    );
    const call = this.calls.findIndex(({ id }) => id === one.id);
    if (call >= 0) this.calls.splice(call, 1);
    this.take(this.lanes.remove(one.lane, one.id));
  }

  online(online: boolean): void {
    this.isOnline = online;
    this.take(this.lanes.online(online));
  }
}

describe('the lanes of the outbox', () => {
  it('send one at a time and in order per conversation, within the limit, and leave nothing behind', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const driver = new Driver();
        for (const each of steps) {
          if (each.do === 'add') driver.add(each.lane);
          else if (each.do === 'due') driver.due(each.pick);
          else if (each.do === 'remove') driver.remove(each.pick);
          else if (each.do === 'done' || each.do === 'again') driver.end(each.pick, each.do);
          else driver.online(each.do === 'online');
        }
        driver.online(true);
        while (driver.calls.length > 0 || driver.waits.length > 0) {
          if (driver.waits.length > 0) driver.due(0);
          else driver.end(0, 'done');
        }
        expect([...driver.left.values()].flat()).toEqual([]);
        for (const ids of driver.done.values()) {
          expect(ids).toEqual([...ids].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
        }
      }),
      { numRuns: schedulesOf('outboxLanes'), seed: 7 },
    );
  });

  it('wait longer with each failure, and begin anew with the next draft', () => {
    const driver = new Driver();
    driver.online(true);
    driver.add(0);
    driver.add(0);
    const attempts: number[] = [];
    for (let failure = 0; failure < 4; failure += 1) {
      driver.end(0, 'again');
      attempts.push(driver.waits[0]?.attempt ?? -1);
      driver.due(0);
    }
    driver.end(0, 'done');
    driver.end(0, 'again');
    expect([...attempts, driver.waits[0]?.attempt]).toEqual([0, 1, 2, 3, 0]);
  });

  it('go on with the next draft at once when the one that waits is taken away', () => {
    const driver = new Driver();
    driver.online(true);
    driver.add(0);
    driver.add(0);
    driver.end(0, 'again');
    driver.end(0, 'again');
    driver.remove(0);
    expect(driver.calls.map(({ id }) => id)).toEqual(['m2']);
    driver.end(0, 'again');
    expect(driver.waits.at(-1)?.attempt).toBe(0);
  });

  it('do not take the end of an earlier wait for the end of the present one', () => {
    const driver = new Driver();
    driver.online(true);
    driver.add(0);
    driver.end(0, 'again');
    driver.online(false);
    driver.online(true);
    driver.end(0, 'again');
    expect(driver.waits).toHaveLength(2);
    driver.due(0);
    expect(driver.calls).toEqual([]);
    driver.due(0);
    expect(driver.calls).toHaveLength(1);
  });

  it('try again at once when the connection is back, unless that has not helped before', () => {
    const driver = new Driver();
    driver.online(true);
    driver.add(0);
    for (let reconnects = 0; reconnects < 3; reconnects += 1) {
      driver.end(0, 'again');
      driver.online(false);
      expect(driver.calls).toHaveLength(0);
      driver.online(true);
      expect(driver.calls).toHaveLength(1);
    }
    driver.end(0, 'again');
    driver.online(false);
    driver.online(true);
    expect(driver.calls).toHaveLength(0);
    driver.waits.splice(0, driver.waits.length - 1);
    driver.due(0);
    expect(driver.calls).toHaveLength(1);
  });
});
