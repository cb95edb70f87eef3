import { appliedAt, present } from '../excerpt.ts';
import type { Observed } from '../observed.ts';
import { type ObservedDevice, type Position, positionOf } from '../observed-device.ts';
import { findings, type Violation } from '../violation.ts';

/**
 * After a change of epoch devices were reset, and said so: none went on with entries of another epoch than its own, and
 * none ends with a cursor of an epoch that is past. A device that comes back in another epoch was reset before it died.
 */
export function epochHonesty(observed: Observed): Violation[] {
  const found = findings('epoch-honesty', ['P9']);
  for (const device of observed.devices.values()) {
    const subject = { kind: 'device', userId: device.userId, deviceId: device.deviceId } as const;
    for (const { step, before, since, says: after } of device.walked) {
      if (step.type !== 'apply' && step.type !== 'live') continue;
      if (!after || !before || after.epoch === before.epoch) continue;
      found.add(() => ({
        sentence: `${device.key} went from ${say(before)} to ${say(after)} without a reset`,
        subject,
        records: present(
          since?.type === 'apply' ? appliedAt(since, before.seq) : since,
          step.type === 'apply' ? appliedAt(step, after.seq) : step,
        ),
      }));
    }
    const end = endOfLife(observed, device);
    if (!end) continue;
    found.add(() => ({
      sentence: `${device.key} ends at ${say(end.position)}, and the inbox of ${device.userId} is of epoch ${end.inbox.epoch}`,
      subject,
      records: present(device.dump && { ...device.dump, conversations: [] }, { ...end.inbox, entries: [] }),
    }));
  }
  return found.list();
}

function endOfLife(observed: Observed, { dump, userId }: ObservedDevice) {
  const position = dump ? positionOf(dump.cursor) : undefined;
  const inbox = observed.inboxes.get(userId)?.dump;
  return position && inbox && position.epoch !== inbox.epoch ? { position, inbox } : undefined;
}

function say({ epoch, seq }: Position): string {
  return `${epoch}:${seq}`;
}
