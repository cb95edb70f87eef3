import type { ConversationId, Event } from '@tidemark/core';
import type { CommittedEvent, DeviceRecord, HistoryRecord, RecordOf } from './history.ts';
import { type DeviceStep, deviceKey, positionOf } from './observed-device.ts';
import { orInsert } from './or-insert.ts';
import { sameEvent } from './same-event.ts';

/** The fault that sets the store back to how it was when the fault began, at its heal. */
export const STORE_RESTORED = 'store-restored';

/** A store that was set back: what was stored between its copy and the end of its restore may be lost, by design. */
export interface Restore {
  readonly fault: RecordOf<'fault'>;
  /** ms of `at`. */
  readonly copiedAt: number;
  readonly restoredAt: number;
}

/** A device that holds what the store lost, and was not told to rebuild. */
export interface Untold {
  readonly restore: Restore;
  /** The last of that which it applied. */
  readonly step: RecordOf<'apply'>;
}

export function restoresIn(records: readonly HistoryRecord[]): Restore[] {
  const failed = new Set(records.flatMap((record) => (record.type === 'not-injected' ? [record.faultId] : [])));
  return records.flatMap((fault) => {
    if (fault.type !== 'fault' || fault.kind !== STORE_RESTORED || failed.has(fault.faultId)) return [];
    const heal = records.find((each) => each.type === 'heal' && each.faultId === fault.faultId);
    return [{ fault, copiedAt: fault.at, restoredAt: heal?.at ?? Number.POSITIVE_INFINITY }];
  });
}

/** Commands that may have been carried out in what a restore undid, and again after it: at another place, behind later ones. */
export function undoneCommands(records: readonly HistoryRecord[]): ReadonlySet<string> {
  const commands = restoresIn(records).flatMap((restore) =>
    undoneEvents(records, restore).map(({ commandId }) => commandId),
  );
  return new Set(commands.filter((commandId) => typeof commandId === 'string'));
}

/**
 * The history with a reset before each start of a device, after a restore, whose cursor is behind what it had applied: it was told to
 * rebuild, did so, and died before it could say so.
 */
export function withResetsUnsaid(records: readonly HistoryRecord[]): readonly HistoryRecord[] {
  const [restore] = restoresIn(records);
  if (!restore) return records;
  const reached = new Map<string, number>();
  return records.flatMap((record): HistoryRecord[] => {
    if (!isStep(record) || record.type === 'gap') return [record];
    const key = deviceKey(record);
    const [seq, before] = [positionOf(record.cursor)?.seq ?? 0, reached.get(key) ?? 0];
    reached.set(key, seq);
    if (record.type !== 'resume' || record.cursor === null || seq >= before || record.at < restore.copiedAt)
      return [record];
    const { held: _, cursor, ...head } = record;
    return [{ ...head, type: 'reset', reason: 'ahead', cursor }, record];
  });
}

/**
 * The history without what restores of the store have undone, so that the promises can be judged by what is left:
 *
 *  - what was acknowledged between the copy and the restore may be lost: its outcome is unknown. So is what was acknowledged later, if
 *    it was carried out before and its device was not told to rebuild yet: the receipt may have been on its way;
 *  - commits and frames of that time may be of what is lost, and other events may stand at their places since;
 *  - a device that was told to rebuild begins anew, and what it applied since the copy is forgotten.
 */
export function withoutWhatRestoresUndid(records: readonly HistoryRecord[]): readonly HistoryRecord[] {
  return restoresIn(records).reduce<readonly HistoryRecord[]>(withoutWhatOneUndid, records);
}

function withoutWhatOneUndid(records: readonly HistoryRecord[], restore: Restore): HistoryRecord[] {
  const told = rebuiltAt(records, restore);
  const messages = new Set(undoneEvents(records, restore).map(({ messageId }) => messageId));
  const asked = new Set<string>();
  const isUndone = (at: number): boolean => at >= restore.copiedAt && at <= restore.restoredAt;
  /** Whether it tells of what was there before the restore, or may, to a device that does not know of it. */
  const wasOnItsWay = (ok: RecordOf<'ok'>): boolean => {
    const isOfBefore = ok.receipt ? messages.has(ok.receipt.messageId) : asked.has(ok.operationId);
    return isOfBefore && ok.at > restore.restoredAt && ok.at <= (told.get(deviceKey(ok)) ?? Number.POSITIVE_INFINITY);
  };
  /** Places whose commit is undone, until something is stored there again. */
  const lost = new Map<ConversationId, Set<number>>();
  return records.flatMap((record): HistoryRecord[] => {
    switch (record.type) {
      case 'commit': {
        const mayBeLost = isUndoneCommit(record, restore);
        for (const { conversationId, conversationSeq } of record.outcome === 'stored' ? record.events : []) {
          const places = orInsert(lost, conversationId, () => new Set());
          if (mayBeLost) places.add(conversationSeq);
          else places.delete(conversationSeq);
        }
        return mayBeLost ? [] : [record];
      }
      case 'publish': {
        const events = record.events.filter((ref) => !lost.get(ref.conversationId)?.has(ref.conversationSeq));
        return isUndone(record.at) || events.length === 0 ? [] : [{ ...record, events }];
      }
      case 'invoke':
        if (record.at <= restore.restoredAt) asked.add(record.operationId);
        return [record];
      case 'ok': {
        if (!isUndone(record.at) && !wasOnItsWay(record)) return [record];
        const { receipt: _, conversationId: __, ...head } = record;
        return [{ ...head, type: 'unknown', detail: 'acknowledged before the store was set back' }];
      }
      case 'resume':
      case 'apply':
      case 'reset':
      case 'live':
      case 'gap': {
        const until = told.get(deviceKey(record));
        return until !== undefined && record.at >= restore.copiedAt && record.at < until ? [] : [record];
      }
      default:
        return [record];
    }
  });
}

function isUndoneCommit(commit: RecordOf<'commit'>, { copiedAt, restoredAt }: Restore): boolean {
  return commit.at >= copiedAt && (commit.startedAt ?? commit.at) <= restoredAt;
}

/** Those that the store took, or may have taken. */
function undoneEvents(records: readonly HistoryRecord[], restore: Restore): CommittedEvent[] {
  return records.flatMap((record) => {
    const isOne = record.type === 'commit' && record.outcome !== 'conflict' && isUndoneCommit(record, restore);
    return isOne ? record.events : [];
  });
}

/** Devices that applied, between the copy and the restore, what no log has at the end, and went on without a reset. */
export function untold(records: readonly HistoryRecord[]): Untold[] {
  const logs = new Map<ConversationId, ReadonlyMap<number, Event>>();
  for (const record of records) {
    if (record.type !== 'log-dump') continue;
    logs.set(record.conversationId, new Map(record.events.map((event) => [event.conversationSeq, event])));
  }
  if (logs.size === 0) return [];
  const isLost = (event: Event): boolean => {
    const logged = logs.get(event.conversationId)?.get(event.conversationSeq);
    return logged === undefined || !sameEvent(logged, event);
  };
  return restoresIn(records).flatMap((restore) => {
    const told = rebuiltAt(records, restore);
    const holders = new Map<string, RecordOf<'apply'>>();
    const livedOn = new Set<string>();
    for (const record of records) {
      if (!isStep(record)) continue;
      const key = deviceKey(record);
      if (record.at > restore.restoredAt) livedOn.add(key);
      else if (record.type === 'apply' && record.at >= restore.copiedAt) {
        if (record.entries.some(({ event }) => event !== null && isLost(event))) holders.set(key, record);
      }
    }
    return [...holders].flatMap(([key, step]) => (!told.has(key) && livedOn.has(key) ? [{ restore, step }] : []));
  });
}

/** When each device was first told to rebuild after the restore; it may be told before the harness knows that it is done. */
function rebuiltAt(records: readonly HistoryRecord[], { copiedAt, restoredAt }: Restore): Map<string, number> {
  const told = new Map<string, number>();
  for (const record of records) {
    if (record.type !== 'reset' || told.has(deviceKey(record))) continue;
    if (record.at < (record.reason === 'ahead' ? copiedAt : restoredAt)) continue;
    told.set(deviceKey(record), record.at);
  }
  return told;
}

const STEPS: ReadonlySet<HistoryRecord['type']> = new Set(['resume', 'apply', 'reset', 'live', 'gap']);

function isStep(record: HistoryRecord): record is DeviceRecord & DeviceStep {
  return STEPS.has(record.type);
}
