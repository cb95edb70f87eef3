import type { Fault } from './fault.ts';
import { networkFaults } from './network-faults.ts';
import { processFaults } from './process-faults.ts';
import { serviceFaults } from './service-faults.ts';

/**
 * Every fault by its name. That two servers serve one user is no fault: a verified system has two, and each user has a device
 * at either.
 */
export const FAULTS: ReadonlyMap<string, Fault> = new Map(
  [...processFaults, ...serviceFaults, ...networkFaults].map((fault) => [fault.kind, fault]),
);

/** The faults of these names, or all. Throws RangeError that names the one there is not. */
export function faultsNamed(kinds: readonly string[] | 'all'): Fault[] {
  if (kinds === 'all') return [...FAULTS.values()];
  return kinds.map((kind) => {
    const fault = FAULTS.get(kind);
    if (!fault) throw new RangeError(`there is no fault ${kind}; there are ${[...FAULTS.keys()].join(', ')}`);
    return fault;
  });
}
