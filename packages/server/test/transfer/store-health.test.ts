import { expect, test } from 'vitest';
import { Health } from '../../src/health.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { StoreHealth } from '../../src/transfer/store-health.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

function openStore() {
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const health = new Health(events);
  health.opened();
  const state: { probe: () => Promise<void>; begun: number } = { probe: async () => {}, begun: 0 };
  const store = new StoreHealth({
    probe: () => {
      state.begun += 1;
      return state.probe();
    },
    health,
    events,
    clock,
  });
  return { clock, events, health, store, state };
}

test('who asks while a probe is under way waits for the next one, and all of them share it', async () => {
  const { store, state } = openStore();
  const answers: (() => void)[] = [];
  state.probe = () => new Promise((resolve) => answers.push(resolve));
  const first = store.check();
  await new Promise(setImmediate);
  const later = [store.check(), store.check(), store.check()];
  await new Promise(setImmediate);
  expect(state.begun).toBe(1);
  answers[0]?.();
  expect(await first).toBeUndefined();
  await new Promise(setImmediate);
  expect(state.begun).toBe(2);
  answers[1]?.();
  expect(await Promise.all(later)).toEqual([undefined, undefined, undefined]);
});

test('each reason is told once, and the end of the illness is noticed though nobody asks', async () => {
  const { store, state, events, health, clock } = openStore();
  const [failed, recovered] = [recorded(events, 'store-failed'), recorded(events, 'store-recovered')];
  for (const text of ['no such right', 'no such right', 'disk on fire', 'no such right']) {
    state.probe = async () => {
      throw new Error(text);
    };
    expect(await store.check()).toMatchObject({ error: new Error(text) });
  }
  expect(failed.map(({ reason }) => reason.split(': ')[1])).toEqual(['no such right', 'disk on fire']);
  expect(health.report().status).toBe('degraded');
  state.probe = async () => {};
  await clock.advance(10_000);
  expect(health.report()).toEqual({ status: 'ok', reasons: [] });
  expect(recovered).toHaveLength(1);
  expect(clock.sleeping).toBe(0);
  await store.close();
});

test('a probe without an answer counts as failed', async () => {
  const { store, state, clock } = openStore();
  state.probe = () => new Promise(() => {});
  const checked = store.check();
  await clock.advance(10_000);
  expect(await checked).toMatchObject({ error: new Error('no answer for 10000 ms') });
  await store.close();
});

test('nothing speaks against the store until somebody has tried and nobody has got through', () => {
  const { store } = openStore();
  const before = store.mark;
  expect(store.wentWellSince(before)).toBe(true);
  store.failed();
  expect(store.wentWellSince(before)).toBe(false);
  store.committed();
  expect(store.wentWellSince(before)).toBe(true);
});
