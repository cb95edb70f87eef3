import { describe, expect, test } from 'vitest';
import { FAULTS } from '../../src/faults/fault-catalogue.ts';
import { type PlannedFault, planFaults } from '../../src/faults/plan-faults.ts';
import { fakeSystem } from './support/fake-system.ts';

const system = fakeSystem();
const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);
const plans = SEEDS.map((seed) => planFaults({ seed, seconds: 60, kinds: 'all', system }));

/** What is on at the moment at which a fault begins, itself included. */
function onAt(plan: readonly PlannedFault[], { at }: PlannedFault): PlannedFault[] {
  return plan.filter((other) => other.at <= at && other.at + Math.max(other.lasts, 1) > at);
}

describe('a plan of faults', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(planFaults({ seed: 7, seconds: 60, kinds: 'all', system: fakeSystem() })).toEqual(
      planFaults({ seed: 7, seconds: 60, kinds: 'all', system: fakeSystem() }),
    );
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(plans.length);
  });

  test('gives every kind its turn within a minute', () => {
    for (const plan of plans) {
      expect([...FAULTS.keys()].filter((kind) => !plan.some((fault) => fault.kind === kind))).toEqual([]);
    }
  });

  test('restores the store once: what several restores undid could not be told apart', () => {
    for (const seed of SEEDS) {
      const plan = planFaults({ seed, seconds: 60, kinds: ['store-restored', 'store-refuses'], system });
      expect(plan.filter(({ kind }) => kind === 'store-restored')).toHaveLength(1);
      expect(plan.filter(({ kind }) => kind === 'store-refuses').length).toBeGreaterThan(1);
    }
  });

  test('ends all faults before the last ten seconds of a minute, and before the last fifth of a short run', () => {
    const ends = (plan: PlannedFault[]) => Math.max(...plan.map(({ at, lasts }) => at + lasts));
    for (const plan of plans) expect(ends(plan)).toBeLessThanOrEqual(50_000);
    for (const seed of SEEDS) {
      expect(ends(planFaults({ seed, seconds: 10, kinds: 'all', system }))).toBeLessThanOrEqual(8_000);
    }
  });

  test('lets faults overlap, but only so many, and only two of what all users depend on', () => {
    let most = 0;
    for (const plan of plans) {
      for (const fault of plan) {
        const on = onAt(plan, fault);
        most = Math.max(most, on.length);
        expect(on.filter(({ kind }) => FAULTS.get(kind)?.shared).length).toBeLessThanOrEqual(2);
        const places = on.map(({ kind, target }) => `${kind} ${target}`);
        expect(new Set(places).size).toBe(places.length);
      }
    }
    expect(most).toBe(4);
    for (const seed of SEEDS) {
      const alone = planFaults({ seed, seconds: 60, kinds: 'all', system, atOnce: 1 });
      for (const fault of alone) expect(onAt(alone, fault)).toHaveLength(1);
    }
  });

  test('names the faults that were asked for, at targets that there are, each with an id of its own', () => {
    const kinds = ['kill-server', 'ws-cut'];
    const plan = planFaults({ seed: 1, seconds: 60, kinds, system });
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(kinds));
    expect(new Set(plan.map(({ faultId }) => faultId)).size).toBe(plan.length);
    for (const { kind, target } of plan) expect(FAULTS.get(kind)?.targets(system)).toContain(target);
  });

  test('leaves out what is not applicable', () => {
    const bare = fakeSystem({ services: ['postgres'], specials: [] });
    const plan = planFaults({ seed: 1, seconds: 120, kinds: 'all', system: bare });
    expect(plan.some(({ kind }) => kind === 'kill-store')).toBe(true);
    expect(plan.filter(({ kind }) => /redis|cluster|disk|partition/.test(kind))).toEqual([]);
    expect(planFaults({ seed: 1, seconds: 60, kinds: ['redis-flush'], system: bare })).toEqual([]);
  });

  test('refuses a name that there is not, and says which there are', () => {
    expect(() => planFaults({ seed: 1, seconds: 60, kinds: ['kill-everything'], system })).toThrow(
      /no fault kill-everything; there are kill-server/,
    );
  });
});
