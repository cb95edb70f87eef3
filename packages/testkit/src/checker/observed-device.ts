import { type ConversationId, type Cursor, type Event, parseCursor, type UserId } from '@tidemark/core';
import type { RecordOf } from './history.ts';
import { orInsert } from './or-insert.ts';

/** What a device told of its sync, in its own order. */
export type DeviceStep = RecordOf<'resume' | 'apply' | 'reset' | 'live' | 'gap'>;

export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface ObservedDevice {
  readonly key: string;
  readonly userId: UserId;
  readonly deviceId: string;
  readonly steps: readonly DeviceStep[];
  /** The same, each with where the device stood. */
  readonly walked: readonly Walked[];
  /** Where the data of all its steps puts it, and the step that did. */
  readonly end: { readonly position: Position | undefined; readonly since: DeviceStep | undefined };
  readonly dump: RecordOf<'device-dump'> | undefined;
  readonly fresh: boolean;
  /**
   * Seqs up to it may have come in a snapshot, which holds only conversations the user belongs to: resets that were
   * told, and those that the device's death kept from being told (it resumed beyond what it had told).
   * -1 when there was none.
   */
  readonly snapshotUpTo: number;
  /** What it shows at a place: by its dump, or for want of one by what it applied since its last reset. */
  shown(conversationId: ConversationId, conversationSeq: number): Event | undefined;
  /** What it applied at a place since its last reset. */
  applied(conversationId: ConversationId, conversationSeq: number): Event | undefined;
}

export function deviceKey({ userId, deviceId }: { readonly userId: string; readonly deviceId: string }): string {
  return `${userId}/${deviceId}`;
}

/** `undefined` for what is no cursor of Tidemark. */
export function positionOf(cursor: Cursor | null): Position | undefined {
  if (cursor === null) return undefined;
  try {
    return parseCursor(cursor);
  } catch {
    return undefined;
  }
}

/** One step with where the device stood before it. */
export interface Walked<S extends DeviceStep = DeviceStep> {
  readonly step: S;
  /** By the data of the steps before, not by the word of their cursors. `undefined`: nowhere, it holds nothing. */
  readonly before: Position | undefined;
  /** The step that put it there. */
  readonly since: DeviceStep | undefined;
  /** By the word of this step's cursor. */
  readonly says: Position | undefined;
}

function walk(steps: readonly DeviceStep[]): { walked: Walked[]; end: ObservedDevice['end'] } {
  let position: Position | undefined;
  let since: DeviceStep | undefined;
  const walked = steps.map((step): Walked => {
    const says = step.type === 'gap' ? undefined : positionOf(step.cursor);
    const now = { step, before: position, since, says };
    if (step.type === 'live' || step.type === 'gap') return now;
    const last = step.type === 'apply' ? step.entries.at(-1) : undefined;
    position = last && says && last.seq !== says.seq ? { epoch: says.epoch, seq: last.seq } : says;
    since = step;
    return now;
  });
  return { walked, end: { position, since } };
}

export function observeDevice(
  userId: UserId,
  deviceId: string,
  steps: readonly DeviceStep[],
  dump: RecordOf<'device-dump'> | undefined,
): ObservedDevice {
  const { walked, end } = walk(steps);
  let [shown, applied]: [Places?, Places?] = [];
  const appliedAt: ObservedDevice['applied'] = (conversationId, seq) => {
    applied ??= placed(sinceReset(steps));
    return applied.get(conversationId)?.[seq];
  };
  return {
    key: deviceKey({ userId, deviceId }),
    userId,
    deviceId,
    steps,
    walked,
    end,
    dump,
    fresh: dump?.fresh ?? false,
    snapshotUpTo: snapshotUpTo(walked),
    shown: (conversationId, seq) => {
      if (!dump) return appliedAt(conversationId, seq);
      shown ??= placed(dump.conversations.map((each) => each.events));
      return shown.get(conversationId)?.[seq];
    },
    applied: appliedAt,
  };
}

function snapshotUpTo(walked: readonly Walked[]): number {
  let upTo = -1;
  for (const { step, before, says } of walked) {
    if (!says) continue;
    if (step.type === 'reset') upTo = says.seq;
    if (step.type !== 'resume') continue;
    if (!before || before.epoch !== says.epoch || before.seq < says.seq) upTo = says.seq;
  }
  return upTo;
}

function sinceReset(steps: readonly DeviceStep[]): Event[][] {
  const from = steps.findLastIndex((step) => step.type === 'reset') + 1;
  return steps
    .slice(from)
    .map((step) => (step.type === 'apply' ? step.entries.flatMap(({ event }) => (event ? [event] : [])) : []));
}

/** Conversation → conversationSeq → event. */
type Places = Map<ConversationId, (Event | undefined)[]>;

function placed(lists: readonly (readonly Event[])[]): Places {
  const byConversation: Places = new Map();
  for (const event of lists.flat()) {
    const bySeq = orInsert(byConversation, event.conversationId, () => []);
    bySeq[event.conversationSeq] ??= event;
  }
  return byConversation;
}
