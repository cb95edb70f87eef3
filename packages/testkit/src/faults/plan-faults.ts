import { seededRandom } from '../builders/seeded-ids.ts';
import type { System } from '../verify/system.ts';
import { between, type Fault } from './fault.ts';
import { faultsNamed } from './fault-catalogue.ts';

export interface PlanOptions {
  /** The same seed, names, seconds and system give the same plan. */
  readonly seed: number;
  /** How long the load lasts. */
  readonly seconds: number;
  /** Names of faults, or `all`. Those without a target in this system are left out. */
  readonly kinds: readonly string[] | 'all';
  readonly system: System;
  /** How many faults are on at the same time at most. Default 4. */
  readonly atOnce?: number;
}

/** One fault of a plan; a plan is data, and can be kept beside the history of its run. */
export interface PlannedFault {
  readonly faultId: string;
  readonly kind: string;
  readonly target: string;
  /** ms from the beginning until it is injected. */
  readonly at: number;
  /** ms from then until it is healed. */
  readonly lasts: number;
  /** Of what it draws while it happens. */
  readonly seed: number;
}

/** Of what all users depend on, so many are hit at the same time at most. */
const SHARED_AT_ONCE = 2;
/** How long the system is left alone before the first fault, in ms. */
const CALM_START = 1_000;
/** ms until it is tried again when nothing fits. */
const FIT_AGAIN = 100;
/** ms between the beginnings of two faults, on average, at least and at most. */
const PACE = [600, 3_000] as const;

/**
 * Draws a plan: the kinds come round in random order, so that each has its turn where time allows, at random targets, for
 * random times, on top of each other. The last part of the time is left without faults (a fifth, at most ten seconds).
 */
export function planFaults({ seed, seconds, kinds, system, atOnce = 4 }: PlanOptions): PlannedFault[] {
  const random = seededRandom(seed);
  const applicable = faultsNamed(kinds).filter((fault) => fault.targets(system).length > 0);
  const end = seconds * 1_000 - Math.min(seconds * 200, 10_000);
  // Some of the time goes by with nothing that fits.
  const turn = (0.7 * (end - CALM_START)) / Math.max(applicable.length, 1);
  const pace = Math.min(Math.max(turn, PACE[0]), PACE[1]);
  const plan: PlannedFault[] = [];
  const round: Fault[] = [];

  /** Never the same kind at the same target twice at a time: one's end would be the other's. */
  function freeTargets(fault: Fault, running: readonly PlannedFault[]): string[] {
    const taken = running.filter(({ kind }) => kind === fault.kind).map(({ target }) => target);
    return fault.targets(system).filter((target) => !taken.includes(target));
  }

  function mayCome({ kind, once }: Fault): boolean {
    return !once || plan.every((earlier) => earlier.kind !== kind);
  }

  for (let at = CALM_START; applicable.length > 0 && at < end; at += FIT_AGAIN) {
    const running = plan.filter((earlier) => earlier.at + earlier.lasts > at);
    if (round.length === 0) round.push(...shuffled(applicable.filter(mayCome), random));
    const next = round.findIndex((fault) => fits(fault, running, atOnce) && freeTargets(fault, running).length > 0);
    if (next < 0) continue;
    const [fault] = round.splice(next, 1) as [Fault];
    const targets = freeTargets(fault, running);
    const target = targets[between(0, targets.length - 1, random)] as string;
    const lasts = Math.min(between(...fault.lasts, random), end - at);
    plan.push({
      faultId: `${plan.length + 1} ${fault.kind}`,
      kind: fault.kind,
      target,
      at: Math.round(at),
      lasts: Math.round(lasts),
      seed: between(0, 2 ** 31, random),
    });
    at += pace * (0.5 + random());
  }
  return plan;
}

function fits(fault: Fault, running: readonly PlannedFault[], atOnce: number): boolean {
  if (running.length >= atOnce) return false;
  return (
    !fault.shared || faultsNamed(running.map(({ kind }) => kind)).filter(({ shared }) => shared).length < SHARED_AT_ONCE
  );
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = between(0, last, random);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
