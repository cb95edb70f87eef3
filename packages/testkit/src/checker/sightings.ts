import type { Event } from '@tidemark/core';
import { appliedAt, loggedAt, shownAt } from './excerpt.ts';
import type { HistoryRecord, RecordOf } from './history.ts';
import type { ObservedDevice } from './observed-device.ts';
import { oncePer } from './once-per.ts';

/** An event as someone saw it: in a log, applied by a device, or shown by one at the end. */
export interface Sighting {
  readonly event: Event;
  readonly record: RecordOf<'log-dump' | 'apply' | 'device-dump'>;
  /** `undefined`: the log. */
  readonly device: ObservedDevice | undefined;
  /** Of an applied event. */
  readonly seq: number | undefined;
}

/**
 * The first sighting of each event: in the logs, else on the devices, one after the other, as applied, then as shown at the
 * end. Sightings of equal events that are one object count as one.
 */
export const firstSightings = oncePer((observed): Sighting[] => {
  const known = new Set<Event>();
  const found: Sighting[] = [];
  const see = (event: Event, record: Sighting['record'], device?: ObservedDevice, seq?: number): void => {
    if (known.has(event)) return;
    known.add(event);
    found.push({ event, record, device, seq });
  };
  for (const { log } of observed.conversations.values()) if (log) for (const event of log.events) see(event, log);
  for (const device of observed.devices.values()) {
    for (const step of device.steps) {
      if (step.type !== 'apply') continue;
      for (const { seq, event } of step.entries) if (event) see(event, step, device, seq);
    }
    const { dump } = device;
    if (!dump) continue;
    for (const { events } of dump.conversations) for (const event of events) see(event, dump, device);
  }
  return found;
});

/** The record of a sighting, cut down to it. */
export function evidence({ event, record, seq }: Sighting): HistoryRecord {
  if (record.type === 'log-dump') return loggedAt(record, event.conversationSeq);
  if (record.type === 'apply') return appliedAt(record, seq ?? 0);
  return shownAt(record, event.conversationId, event.conversationSeq);
}

/** `the log`, or the device. */
export function witness({ device, record }: Sighting): string {
  if (!device) return 'the log';
  return record.type === 'apply' ? device.key : `${device.key}, at the end,`;
}
