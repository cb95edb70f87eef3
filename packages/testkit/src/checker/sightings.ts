import type { Event } from '@tidemark/core';
import { appliedAt, loggedAt, shownAt } from './excerpt.ts';
import type { HistoryRecord, RecordOf } from './history.ts';
import type { Observed } from './observed.ts';
import type { ObservedDevice } from './observed-device.ts';

/** An event as someone saw it: in a log, applied by a device, or shown by one at the end. */
export interface Sighting {
  readonly event: Event;
  readonly record: RecordOf<'log-dump' | 'apply' | 'device-dump'>;
  /** `undefined`: the log. */
  readonly device: ObservedDevice | undefined;
  /** Of an applied event. */
  readonly seq: number | undefined;
}

/** Calls `see` for every sighting: the logs first, then device by device what it applied, in order, and what it shows. */
export function eachSighting(observed: Observed, see: (sighting: Sighting) => void): void {
  for (const { log } of observed.conversations.values()) {
    if (!log) continue;
    for (const event of log.events) see({ event, record: log, device: undefined, seq: undefined });
  }
  for (const device of observed.devices.values()) {
    for (const record of device.steps) {
      if (record.type !== 'apply') continue;
      for (const { seq, event } of record.entries) if (event) see({ event, record, device, seq });
    }
    const { dump } = device;
    for (const { events } of dump?.conversations ?? []) {
      for (const event of events) if (dump) see({ event, record: dump, device, seq: undefined });
    }
  }
}

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
