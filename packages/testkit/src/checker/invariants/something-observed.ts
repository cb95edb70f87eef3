import type { Observed } from '../observed.ts';
import { findings, type Violation } from '../violation.ts';

/** What a history has to hold before an invariant can be judged by it. */
export type Need =
  | 'acknowledged message'
  | 'device'
  | 'device dump'
  | 'dump of a fresh device'
  | 'log dump'
  | 'inbox dump'
  | 'memory record'
  | 'device step';

/** What every run can show; without the others the invariants that need them are not applicable, and said to be so. */
const INDISPENSABLE: ReadonlySet<Need> = new Set([
  'acknowledged message',
  'device',
  'device dump',
  'dump of a fresh device',
  'log dump',
  'inbox dump',
  'device step',
]);

/**
 * A history that shows nothing proves nothing: it holds an acknowledged message, and what the invariants that are judged
 * need; every device that the run names told of itself, and every user's inbox was dumped where any was.
 */
export function somethingObserved(observed: Observed, needs: ReadonlySet<Need>): Violation[] {
  const found = findings('something-observed', []);
  for (const need of new Set<Need>(['acknowledged message', ...needs])) {
    if (!INDISPENSABLE.has(need) || has(observed, need)) continue;
    found.add(() => ({ sentence: `nothing was observed: no ${need}`, subject: { kind: 'run' }, records: [] }));
  }
  for (const { userId, deviceId, key, dump, steps } of observed.devices.values()) {
    const isSilent = needs.has('device dump') ? !dump : !dump && steps.length === 0;
    if (!isSilent || needs.size === 0) continue;
    const subject = { kind: 'device', userId, deviceId } as const;
    found.add(() => ({ sentence: `${key} was not observed at the end`, subject, records: [] }));
  }
  if (!needs.has('inbox dump') || observed.inboxes.size === 0) return found.list();
  for (const userId of new Set([...observed.devices.values()].map((device) => device.userId))) {
    if (observed.inboxes.has(userId)) continue;
    const subject = { kind: 'user', userId } as const;
    found.add(() => ({ sentence: `the inbox of ${userId} was not dumped`, subject, records: [] }));
  }
  return found.list();
}

/** Whether the history holds any of it. */
export function has(observed: Observed, need: Need): boolean {
  const devices = [...observed.devices.values()];
  switch (need) {
    case 'acknowledged message':
      return observed.sends.some((send) => send.oks.some((ok) => ok.receipt !== undefined));
    case 'device':
      return devices.some(({ dump, steps }) => dump !== undefined || steps.length > 0);
    case 'device dump':
      return devices.some(({ dump }) => dump !== undefined);
    case 'dump of a fresh device':
      return devices.some(({ dump }) => dump?.fresh === true);
    case 'log dump':
      return [...observed.conversations.values()].some(({ log }) => log !== undefined);
    case 'inbox dump':
      return observed.inboxes.size > 0;
    case 'memory record':
      return observed.memory.length > 0;
    case 'device step':
      return devices.some(({ steps }) => steps.length > 0);
  }
}
