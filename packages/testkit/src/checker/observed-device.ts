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
  readonly dump: RecordOf<'device-dump'> | undefined;
  readonly fresh: boolean;
  /**
   * Seqs up to it may have come in a snapshot, which holds only conversations the user belongs to: resets that were
   * told, and those that the device's death kept from being told (it resumed beyond what it had told).
   */
  readonly snapshotUpTo: number;
  /** What it shows at a place: by its dump, or for want of one by what it applied since its last reset. */
  shown(conversationId: ConversationId, conversationSeq: number): Event | undefined;
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

/** One step with where the device stood before it. `undefined`: nowhere, it holds nothing. */
export interface Walked {
  readonly step: DeviceStep;
  readonly before: Position | undefined;
  /** The record that put it there. */
  readonly since: DeviceStep | undefined;
}

/** The steps of a device, each with the position that the data (not the cursor's word) of those before it gives. */
export function* walk(steps: readonly DeviceStep[]): Generator<Walked, Walked | undefined> {
  let before: Position | undefined;
  let since: DeviceStep | undefined;
  for (const step of steps) {
    yield { step, before, since };
    if (step.type === 'live' || step.type === 'gap') continue;
    before = positionOf(step.cursor);
    const last = step.type === 'apply' ? step.entries.at(-1) : undefined;
    if (last && before) before = { epoch: before.epoch, seq: last.seq };
    since = step;
  }
  return since && { step: since, before, since };
}

/** Where the data of all its steps puts a device, and the record that did. */
export function endOf(steps: readonly DeviceStep[]): { position: Position | undefined; since: DeviceStep | undefined } {
  const walking = walk(steps);
  for (let next = walking.next(); ; next = walking.next()) {
    if (next.done) return { position: next.value?.before, since: next.value?.since };
  }
}

export function observeDevice(
  userId: UserId,
  deviceId: string,
  steps: readonly DeviceStep[],
  dump: RecordOf<'device-dump'> | undefined,
): ObservedDevice {
  let shown: Map<ConversationId, (Event | undefined)[]> | undefined;
  return {
    key: deviceKey({ userId, deviceId }),
    userId,
    deviceId,
    steps,
    dump,
    fresh: dump?.fresh ?? false,
    snapshotUpTo: snapshotUpTo(steps),
    shown: (conversationId, seq) => {
      shown ??= dump ? placed(dump.conversations.map((each) => each.events)) : placed(sinceReset(steps));
      return shown.get(conversationId)?.[seq];
    },
  };
}

function snapshotUpTo(steps: readonly DeviceStep[]): number {
  let upTo = 0;
  for (const { step, before } of walk(steps)) {
    if (step.type !== 'reset' && step.type !== 'resume') continue;
    const after = positionOf(step.cursor);
    if (!after) continue;
    if (step.type === 'reset') upTo = after.seq;
    else if (!before || before.epoch !== after.epoch || before.seq < after.seq) upTo = after.seq;
  }
  return upTo;
}

function sinceReset(steps: readonly DeviceStep[]): Event[][] {
  const from = steps.findLastIndex((step) => step.type === 'reset') + 1;
  return steps
    .slice(from)
    .map((step) => (step.type === 'apply' ? step.entries.flatMap(({ event }) => (event ? [event] : [])) : []));
}

function placed(lists: readonly (readonly Event[])[]): Map<ConversationId, (Event | undefined)[]> {
  const byConversation = new Map<ConversationId, (Event | undefined)[]>();
  for (const event of lists.flat()) {
    const bySeq = orInsert(byConversation, event.conversationId, () => []);
    bySeq[event.conversationSeq] ??= event;
  }
  return byConversation;
}
