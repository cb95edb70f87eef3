import {
  type CommandKey,
  type ConversationId,
  commandKey,
  type Event,
  type EventRef,
  type UserId,
} from '@tidemark/core';
import type { HistoryRecord, RecordOf } from './history.ts';
import { type ObservedConversation, observeConversation } from './observed-conversation.ts';
import { type DeviceStep, deviceKey, type ObservedDevice, observeDevice } from './observed-device.ts';
import { type ObservedInbox, observeInbox } from './observed-inbox.ts';
import { isSend, type ObservedOperation, type ObservedSend, observeOperations } from './observed-operation.ts';
import { orInsert } from './or-insert.ts';
import {
  type Restore,
  restoresIn,
  type Untold,
  undoneCommands,
  untold,
  withoutWhatRestoresUndid,
  withResetsUnsaid,
} from './restored.ts';

/** A history, indexed: what the invariants share. Later dumps of one thing replace earlier ones. */
export interface Observed {
  /** As given: by `at`, each observer's in its own order. */
  readonly records: readonly HistoryRecord[];
  readonly run: RecordOf<'run'> | undefined;
  readonly operations: ReadonlyMap<string, ObservedOperation>;
  readonly sends: readonly ObservedSend[];
  /** By `<userId>/<deviceId>`: all that the run names or that told of themselves. */
  readonly devices: ReadonlyMap<string, ObservedDevice>;
  devicesOf(userId: UserId): readonly ObservedDevice[];
  /** Those with a log, and those that are named by an operation or an event. */
  readonly conversations: ReadonlyMap<ConversationId, ObservedConversation>;
  readonly inboxes: ReadonlyMap<UserId, ObservedInbox>;
  /** The first commit that the store took the event in. */
  storedBy(ref: EventRef): RecordOf<'commit'> | undefined;
  /** The event that a command caused, by the logs. */
  eventOf(command: CommandKey): Event | undefined;
  /** Records of the harness, and of what processes hold. */
  readonly faults: readonly RecordOf<'fault'>[];
  readonly heals: readonly RecordOf<'heal'>[];
  readonly crashes: readonly RecordOf<'crash'>[];
  readonly starts: readonly RecordOf<'start'>[];
  readonly ends: readonly RecordOf<'healed' | 'quiet' | 'not-quiet'>[];
  readonly memory: readonly RecordOf<'memory'>[];
  readonly commits: readonly RecordOf<'commit'>[];
  readonly publishes: readonly RecordOf<'publish'>[];
  readonly restores: readonly Restore[];
  /** By their id; see `undoneCommands`. */
  readonly undone: ReadonlySet<string>;
  /** Devices that were to be told of one, and were not. */
  readonly untold: readonly Untold[];
}

/** What restores of the store undid is left out; see `withoutWhatRestoresUndid`. */
export function observe(given: readonly HistoryRecord[]): Observed {
  const all = withResetsUnsaid(given);
  const records = withoutWhatRestoresUndid(all);
  const ofType = byType(records);
  const operations = observeOperations(records);
  const devices = observeDevices(records, ofType('run')[0]);
  const conversations = observeConversations(ofType('log-dump'), operations, devices);
  const stored = storedCommits(ofType('commit'));
  const notInjected = new Set(ofType('not-injected').map((each) => each.faultId));
  const byCommand = new Map<string, Event>();
  for (const { log } of conversations.values()) {
    for (const event of log?.events ?? []) {
      if (event.commandId === null) continue;
      const key = commandKey({ actorId: event.actorId, commandId: event.commandId });
      if (!byCommand.has(key)) byCommand.set(key, event);
    }
  }
  const devicesOf = grouped([...devices.values()], (device) => device.userId);
  return {
    records,
    run: ofType('run')[0],
    operations,
    sends: [...operations.values()].filter(isSend),
    devices,
    devicesOf: (userId) => devicesOf.get(userId) ?? [],
    conversations,
    inboxes: new Map(ofType('inbox-dump').map((dump) => [dump.userId, observeInbox(dump)])),
    storedBy: (ref) => stored.get(ref.conversationId)?.[ref.conversationSeq],
    eventOf: (command) => byCommand.get(commandKey(command)),
    faults: ofType('fault').filter(({ faultId }) => !notInjected.has(faultId)),
    heals: ofType('heal'),
    crashes: ofType('crash'),
    starts: ofType('start'),
    ends: records.filter((record): record is RecordOf<'healed' | 'quiet' | 'not-quiet'> => ENDS.has(record.type)),
    memory: ofType('memory'),
    commits: ofType('commit'),
    publishes: ofType('publish'),
    restores: restoresIn(all),
    undone: undoneCommands(all),
    untold: untold(all),
  };
}

const ENDS: ReadonlySet<HistoryRecord['type']> = new Set(['healed', 'quiet', 'not-quiet']);

function byType(records: readonly HistoryRecord[]): <T extends HistoryRecord['type']>(type: T) => RecordOf<T>[] {
  const types = grouped(records, (record) => record.type);
  return <T extends HistoryRecord['type']>(type: T) => (types.get(type) ?? []) as RecordOf<T>[];
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function observeDevices(
  records: readonly HistoryRecord[],
  run: RecordOf<'run'> | undefined,
): Map<string, ObservedDevice> {
  const found = new Map<string, { userId: UserId; deviceId: string; steps: DeviceStep[] }>();
  const dumps = new Map<string, RecordOf<'device-dump'>>();
  const known = (userId: UserId, deviceId: string) => {
    const key = deviceKey({ userId, deviceId });
    const device = found.get(key) ?? { userId, deviceId, steps: [] };
    found.set(key, device);
    return device;
  };
  for (const [userId, deviceIds] of Object.entries(run?.devices ?? {})) {
    for (const deviceId of deviceIds) known(userId as UserId, deviceId);
  }
  for (const record of records) {
    switch (record.type) {
      case 'resume':
      case 'apply':
      case 'reset':
      case 'live':
      case 'gap':
        known(record.userId, record.deviceId).steps.push(record);
        break;
      case 'device-dump':
        known(record.userId, record.deviceId);
        dumps.set(deviceKey(record), record);
    }
  }
  return new Map(
    [...found].map(([key, { userId, deviceId, steps }]) => [
      key,
      observeDevice(userId, deviceId, steps, dumps.get(key)),
    ]),
  );
}

function observeConversations(
  logs: readonly RecordOf<'log-dump'>[],
  operations: ReadonlyMap<string, ObservedOperation>,
  devices: ReadonlyMap<string, ObservedDevice>,
): Map<ConversationId, ObservedConversation> {
  const found = new Map<ConversationId, ObservedConversation>();
  for (const log of logs) found.set(log.conversationId, observeConversation(log.conversationId, log));
  const members = membersByOperations(operations);
  const meet = (conversationId: ConversationId): void => {
    if (found.has(conversationId)) return;
    found.set(conversationId, observeConversation(conversationId, undefined, members.get(conversationId)));
  };
  for (const { operation } of operations.values()) if ('conversationId' in operation) meet(operation.conversationId);
  for (const { dump, steps } of devices.values()) {
    for (const { conversationId } of dump?.conversations ?? []) meet(conversationId);
    for (const step of steps) {
      if (step.type === 'apply') for (const { event } of step.entries) if (event) meet(event.conversationId);
    }
  }
  return found;
}

/** Who was let into conversations that were created in the run, as long as their members never changed. */
function membersByOperations(operations: ReadonlyMap<string, ObservedOperation>): Map<ConversationId, UserId[]> {
  const members = new Map<ConversationId, UserId[]>();
  const changed = new Set<ConversationId>();
  for (const { operation, userId, oks } of operations.values()) {
    const created = operation.kind === 'create' && oks.find((ok) => ok.conversationId)?.conversationId;
    if (created) members.set(created, [...new Set([userId, ...operation.memberIds])]);
    if (operation.kind === 'add' || operation.kind === 'remove' || operation.kind === 'leave') {
      changed.add(operation.conversationId);
    }
  }
  for (const conversationId of changed) members.delete(conversationId);
  return members;
}

function storedCommits(commits: readonly RecordOf<'commit'>[]): Map<ConversationId, RecordOf<'commit'>[]> {
  const stored = new Map<ConversationId, RecordOf<'commit'>[]>();
  for (const commit of commits) {
    if (commit.outcome !== 'stored') continue;
    for (const { conversationId, conversationSeq } of commit.events) {
      const bySeq = orInsert(stored, conversationId, () => []);
      bySeq[conversationSeq] ??= commit;
    }
  }
  return stored;
}
