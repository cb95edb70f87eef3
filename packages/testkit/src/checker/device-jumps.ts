import type { DeviceStep, ObservedDevice } from './observed-device.ts';

/** A place where a device went on with entries missing before it, and no reset said so. */
export interface Jump {
  /** Seqs from … to were left out; `from` is the one after what it held. */
  readonly from: number;
  readonly to: number;
  /** What put it before the jump, and what shows it behind. */
  readonly since: DeviceStep | undefined;
  readonly step: DeviceStep;
}

/** Within what one epoch's numbers can tell: a device that changes epoch is not judged here. */
export function jumps(device: ObservedDevice): Jump[] {
  const found: Jump[] = [];
  for (const { step, before, since, says: after } of device.walked) {
    if (step.type !== 'apply' && step.type !== 'live') continue;
    if (!after || (before && before.epoch !== after.epoch)) continue;
    let at = before?.seq ?? 0;
    const meet = (seq: number): void => {
      if (seq > at + 1) found.push({ from: at + 1, to: seq - 1, since, step });
      at = seq;
    };
    if (step.type === 'apply') for (const { seq } of step.entries) meet(seq);
    // Said to be caught up, or persisted, so far: all up to there should be here.
    if (after.seq > at) meet(after.seq + 1);
  }
  return found;
}
