import type { Observed } from '../observed.ts';
import { findings, type Violation } from '../violation.ts';

/**
 * When the store was set back, every device that holds what it lost is told to rebuild: one that applied between the copy and the
 * restore what no log has at the end, and lived on.
 */
export function restoreTold(observed: Observed): Violation[] {
  const found = findings('restore-told', ['P9']);
  for (const { restore, step } of observed.untold) {
    const { userId, deviceId } = step;
    found.add(() => ({
      sentence: `${userId}/${deviceId} applied what the store lost when it was restored, and was never told to rebuild`,
      subject: { kind: 'device', userId, deviceId },
      records: [step, restore.fault],
    }));
  }
  return found.list();
}
