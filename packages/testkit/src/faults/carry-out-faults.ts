import { setTimeout as sleep } from 'node:timers/promises';
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
): Promise<void> {
  const began = performance.now();
  await Promise.all(plan.map((planned) => carryOut(planned, system, observer, began, signal)));
}

async function carryOut(
  planned: PlannedFault,
  system: System,
  observer: FaultObserver,
  began: number,
  signal: AbortSignal,
): Promise<void> {
  const [fault] = faultsNamed([planned.kind]);
  await until(began + planned.at, signal);
  if (!fault || signal.aborted) return;
  observer.injecting(planned);
  let step: 'inject' | 'heal' = 'inject';
  try {
    const end = began + planned.at + planned.lasts;
    const over = AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, Math.ceil(end - performance.now())))]);
    const heal = await fault.inject(system, planned.target, seededRandom(planned.seed), over);
    await until(end, signal);
    step = 'heal';
    await heal();
  } catch (error) {
    observer.failed(planned, step, error);
  }
  observer.healed(planned);
}

async function until(time: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, time - performance.now()), undefined, { signal }).catch(() => {});
}
