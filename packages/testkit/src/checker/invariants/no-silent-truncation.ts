import { jumps } from '../device-jumps.ts';
import { appliedAt, present } from '../excerpt.ts';
import type { Observed } from '../observed.ts';
import { positionOf } from '../observed-device.ts';
import { findings, type Violation } from '../violation.ts';

/**
 * What retention removed before a device had it is told to that device by a reset: none goes on above the floor from
 * below it as if nothing were missing, and none stays below it.
 */
export function noSilentTruncation(observed: Observed): Violation[] {
  const found = findings('no-silent-truncation', ['P9']);
  for (const device of observed.devices.values()) {
    const inbox = observed.inboxes.get(device.userId)?.dump;
    if (!inbox) continue;
    const subject = { kind: 'device', userId: device.userId, deviceId: device.deviceId } as const;
    const floorOf = { ...inbox, entries: [] };
    for (const { from, to, since, step } of jumps(device)) {
      if (from > inbox.floor) continue;
      found.add(() => ({
        sentence: `${device.key} went on to ${to + 1} without ${from} … ${to}, part of which retention removed, and no reset said so`,
        subject,
        records: present(
          since?.type === 'apply' ? appliedAt(since, from - 1) : since,
          step.type === 'apply' ? appliedAt(step, to + 1) : step,
          floorOf,
        ),
      }));
    }
    const position = device.dump ? positionOf(device.dump.cursor) : undefined;
    if (!device.dump || !position || position.epoch !== inbox.epoch || position.seq >= inbox.floor) continue;
    const { dump } = device;
    found.add(() => ({
      sentence: `${device.key} ends at ${position.seq}, below ${inbox.floor}, up to which retention removed entries, and no reset said so`,
      subject,
      records: [{ ...dump, conversations: [] }, floorOf],
    }));
  }
  return found.list();
}
