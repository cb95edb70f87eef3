import { type Clock, systemClock } from '@tidemark/core';
import { seededRandom } from '../builders/seeded-ids.ts';
import type { System } from '../verify/system.ts';
import { faultsNamed } from './fault-catalogue.ts';
import type { PlannedFault } from './plan-faults.ts';

export interface FaultObserver {
  /** It is about to happen: what is seen from here on may be its doing. */
  injecting(fault: PlannedFault): void;
  /** It is over. Also called for one that could not be injected. */
  healed(fault: PlannedFault): void;
  /** It could not be injected, or could not be healed: the run goes on, and whoever heals all at the end tries again. */
  failed(fault: PlannedFault, step: 'inject' | 'heal', error: unknown): void;
}

/**
 * Carries a plan out, each fault at its time, whatever became of the others. Resolves when all of them are over; soon, when
 * `signal` aborts: what is on is then healed, and the rest is left out.
 */
export async function carryOutFaults(
  plan: readonly PlannedFault[],
  system: System,
  observer: FaultObserver,
  signal: AbortSignal = new AbortController().signal,
  clock: Clock = systemClock,
): Promise<void> {
  const began = clock.monotonic();
  const until = (at: number, ended: AbortSignal): Promise<void> =>
    clock.sleep(Math.max(0, began + at - clock.monotonic()), ended);
  await Promise.all(plan.map((planned) => carryOut(planned, system, observer, until, signal)));
}

async function carryOut(
  planned: PlannedFault,
  system: System,
  observer: FaultObserver,
  until: (at: number, ended: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const [fault] = faultsNamed([planned.kind]);
  await until(planned.at, signal);
  if (!fault || signal.aborted) return;
  observer.injecting(planned);
  let step: 'inject' | 'heal' = 'inject';
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const end = until(planned.at + planned.lasts, over).then(() => ended.abort());
  try {
    const heal = await fault.inject(system, planned.target, seededRandom(planned.seed), over);
    await end;
    step = 'heal';
    await heal();
  } catch (error) {
    observer.failed(planned, step, error);
  } finally {
    ended.abort();
  }
  observer.healed(planned);
}
