import type { HistoryRecord } from '../history.ts';
import type { Verdict } from '../judge.ts';
import { type Observed, observe } from '../observed.ts';
import { recoveredMessages } from '../recovered.ts';
import type { Subject } from '../violation.ts';
import { place } from '../wording.ts';

/** What a page holds at most, so that a long run's page still opens: the worst first, then a spread over the run. */
export const PAGE_LIMITS = { messages: 200, users: 40, pointsPerUser: 300 };

/** What the script of the page draws. Times are in ms since the first record. */
export interface TimelineData {
  /** Lives of messages, then of users. */
  readonly lives: readonly Life[];
  readonly faults: readonly FaultBar[];
  /** Violation by violation, the index of the life it is seen in, or null. */
  readonly lifeOfViolation: readonly (number | null)[];
  /** Sentences on what was left out. */
  readonly leftOut: readonly string[];
}

export interface Life {
  readonly kind: 'message' | 'user';
  readonly label: string;
  readonly violated: boolean;
  readonly lanes: readonly string[];
  readonly points: readonly Point[];
}

export type PointKind =
  | 'sent'
  | 'stored'
  | 'not stored'
  | 'published'
  | 'applied'
  | 'acknowledged'
  | 'unknown'
  | 'refused'
  | 'reset'
  | 'started'
  | 'died'
  | 'gap'
  | 'shown at the end'
  | 'missing at the end'
  | 'live';

export interface Point {
  readonly at: number;
  readonly lane: number;
  readonly kind: PointKind;
  readonly note: string;
}

interface FaultBar {
  readonly from: number;
  /** Equal to `from` for a fault of a moment. */
  readonly to: number;
  readonly kind: string;
  readonly target: string;
}

export function timelineData(records: readonly HistoryRecord[], verdict: Verdict): TimelineData {
  const observed = observe(records);
  const start = records[0]?.at ?? 0;
  const violated = verdict.violations.map((violation) => keyOfSubject(violation.subject));
  const messages = chosenMessages(observed, violated);
  const users = chosenUsers(observed, violated);
  const messageLives = livesOfMessages(observed, messages, new Set(violated), start);
  const userLives = users.map((userId) => lifeOfUser(observed, userId, violated.includes(`user ${userId}`), start));
  const indexes = new Map<string, number>();
  for (const [index, key] of messages.entries()) indexes.set(key, index);
  for (const [index, userId] of users.entries()) indexes.set(`user ${userId}`, messages.length + index);
  const allUsers = new Set([...observed.devices.values()].map((device) => device.userId)).size;
  const allMessages = new Set([...observed.sends.map((send) => send.operationId), ...messages]).size;
  return {
    lives: [...messageLives.lives, ...userLives.map(({ life }) => life)],
    faults: faultBars(observed, start),
    lifeOfViolation: violated.map((key) => (key === undefined ? null : (indexes.get(key) ?? null))),
    leftOut: [
      ...(messages.length < allMessages
        ? [
            `${messages.length} of ${allMessages} messages are here: those that violate something first, then those that met trouble, then a spread over the run.`,
          ]
        : []),
      ...(users.length < allUsers ? [`${users.length} of ${allUsers} users are here.`] : []),
      ...userLives.flatMap(({ note }) => (note ? [note] : [])),
    ],
  };
}

/** A message by its operationId, or by its place when nobody sent it; a user as `user <id>`. */
function keyOfSubject(subject: Subject): string | undefined {
  if (subject.kind === 'message') {
    const { operationId, conversationId, conversationSeq } = subject;
    return operationId ?? (conversationSeq === null ? undefined : place({ conversationId, conversationSeq }));
  }
  return subject.kind === 'user' || subject.kind === 'device' ? `user ${subject.userId}` : undefined;
}

function chosenMessages(observed: Observed, violated: readonly (string | undefined)[]): string[] {
  const isMessage = (key: string | undefined): key is string => key !== undefined && !key.startsWith('user ');
  const chosen = new Set(violated.filter(isMessage).slice(0, PAGE_LIMITS.messages));
  const troubled = recoveredMessages(observed);
  const other = observed.sends.filter((send) => !chosen.has(send.operationId));
  const half = chosen.size + Math.floor((PAGE_LIMITS.messages - chosen.size) / 2);
  for (const send of other) {
    if (chosen.size >= half) break;
    if (send.outcome !== 'ok' || troubled.has(send.operationId)) chosen.add(send.operationId);
  }
  const rest = other.filter((send) => !chosen.has(send.operationId));
  const room = PAGE_LIMITS.messages - chosen.size;
  for (const send of evenly(rest, room)) chosen.add(send.operationId);
  return [...chosen];
}

/** At most `count` of the items, evenly. */
function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as T);
}

function chosenUsers(observed: Observed, violated: readonly (string | undefined)[]): string[] {
  const all = [...new Set([...observed.devices.values()].map((device) => device.userId as string))];
  const first = all.filter((userId) => violated.includes(`user ${userId}`));
  return [...first, ...all.filter((userId) => !first.includes(userId))].slice(0, PAGE_LIMITS.users);
}

interface Draft {
  readonly lanes: string[];
  readonly points: Point[];
}

function add(draft: Draft, lane: string, at: number, kind: PointKind, note = ''): void {
  if (!draft.lanes.includes(lane)) draft.lanes.push(lane);
  draft.points.push({ at, lane: draft.lanes.indexOf(lane), kind, note });
}

function livesOfMessages(
  observed: Observed,
  keys: readonly string[],
  violated: ReadonlySet<string | undefined>,
  start: number,
): { lives: Life[] } {
  const drafts = new Map(keys.map((key): [string, Draft] => [key, { lanes: [], points: [] }]));
  /** What stands at a place, as far as it is here. */
  const places = new Map<string, string>();
  for (const { log } of observed.conversations.values()) {
    for (const event of log?.events ?? []) {
      const key = event.commandId !== null && drafts.has(event.commandId) ? event.commandId : undefined;
      if (key) places.set(place(event), key);
    }
  }
  for (const send of observed.sends) {
    const receipt = send.oks.find((ok) => ok.receipt)?.receipt;
    if (receipt && drafts.has(send.operationId)) places.set(place(receipt), send.operationId);
  }
  const at = (ref: Parameters<typeof place>[0]): Draft | undefined => {
    const where = place(ref);
    return drafts.get(places.get(where) ?? where);
  };
  for (const record of observed.records) {
    const time = record.at - start;
    if ('operationId' in record) {
      const draft = drafts.get(record.operationId);
      if (draft) add(draft, record.by, time, KIND_OF[record.type], noteOf(record));
    } else if (record.type === 'commit' || record.type === 'publish') {
      const kind = record.type === 'publish' ? 'published' : record.outcome === 'stored' ? 'stored' : 'not stored';
      for (const ref of record.events) {
        const draft = at(ref);
        if (draft)
          add(
            draft,
            record.by,
            time,
            kind,
            record.type === 'commit' && record.outcome !== 'stored' ? record.outcome : '',
          );
      }
    } else if (record.type === 'apply') {
      for (const { seq, event } of record.entries) {
        const draft = event && ((event.commandId !== null && drafts.get(event.commandId)) || at(event));
        if (draft) add(draft, record.by, time, 'applied', `as ${seq}`);
      }
    }
  }
  const lives = [...drafts].map(([key, draft]): Life => {
    addRecipients(observed, key, draft, start);
    const send = observed.operations.get(key);
    const { operation } = send ?? {};
    const text =
      operation?.kind === 'send' ? `“${operation.text.slice(0, 40)}”` : (operation?.kind ?? 'sent by nobody');
    const who = send ? `${send.userId}/${send.deviceId}, ` : '';
    const outcome = send && send.outcome !== 'ok' ? `, ${send.outcome === 'fail' ? 'refused' : 'unknown'}` : '';
    const label = `${who}${text} · ${key}${outcome}`;
    return { kind: 'message', label, violated: violated.has(key), ...draft };
  });
  return { lives };
}

const KIND_OF = { invoke: 'sent', ok: 'acknowledged', fail: 'refused', unknown: 'unknown' } as const;

function noteOf(record: Extract<HistoryRecord, { operationId: string }>): string {
  switch (record.type) {
    case 'invoke':
      return record.operation.kind === 'send' ? `to ${record.operation.conversationId}` : record.operation.kind;
    case 'ok':
      return record.receipt ? `as ${place(record.receipt)}` : '';
    case 'fail':
      return `${record.code}: ${record.detail}`;
    case 'unknown':
      return record.detail;
  }
}

/** Every device that should have the message has a lane, and what it shows in the end: a loss is seen by what is not there. */
function addRecipients(observed: Observed, key: string, draft: Draft, start: number): void {
  const receipt = observed.operations.get(key)?.oks.find((ok) => ok.receipt)?.receipt;
  const conversation = receipt && observed.conversations.get(receipt.conversationId);
  if (!receipt || !conversation) return;
  for (const userId of conversation.recipients(receipt.conversationSeq)) {
    for (const device of observed.devicesOf(userId)) {
      const lane = device.steps[0]?.by ?? device.dump?.by ?? device.key;
      const shown = device.shown(receipt.conversationId, receipt.conversationSeq)?.commandId === key;
      if (device.dump) add(draft, lane, device.dump.at - start, shown ? 'shown at the end' : 'missing at the end');
      else if (!draft.lanes.includes(lane)) draft.lanes.push(lane);
    }
  }
}

function lifeOfUser(
  observed: Observed,
  userId: string,
  violated: boolean,
  start: number,
): { life: Life; note?: string } {
  const draft: Draft = { lanes: [], points: [] };
  for (const record of observed.records) {
    if (!('userId' in record) || record.userId !== userId) continue;
    const time = record.at - start;
    if ('operationId' in record) add(draft, record.by, time, KIND_OF[record.type], noteOf(record));
    else if (record.type === 'apply') add(draft, record.by, time, 'applied', `up to ${record.cursor}`);
    else if (record.type === 'reset') add(draft, record.by, time, 'reset', `${record.reason}, to ${record.cursor}`);
    else if (record.type === 'resume') add(draft, record.by, time, 'started', `at ${record.cursor ?? 'nothing'}`);
    else if (record.type === 'gap') add(draft, record.by, time, 'gap', `${record.after} … ${record.upTo}`);
    else if (record.type === 'live') add(draft, record.by, time, 'live', `at ${record.cursor}`);
  }
  for (const crash of observed.crashes) {
    if (draft.lanes.includes(crash.target)) add(draft, crash.target, crash.at - start, 'died', crash.signal ?? '');
  }
  const all = draft.points.sort((a, b) => a.at - b.at);
  const isRare = (point: Point): boolean => !['applied', 'sent', 'acknowledged', 'live'].includes(point.kind);
  const common = all.filter((point) => !isRare(point));
  const room = Math.max(0, PAGE_LIMITS.pointsPerUser - (all.length - common.length));
  const kept = new Set(evenly(common, room));
  const points = all.filter((point) => isRare(point) || kept.has(point)).slice(0, PAGE_LIMITS.pointsPerUser);
  const life: Life = { kind: 'user', label: userId, violated, lanes: draft.lanes, points };
  if (points.length === all.length) return { life };
  return { life, note: `Of ${userId}, ${points.length} of ${all.length} moments are drawn.` };
}

function faultBars(observed: Observed, start: number): FaultBar[] {
  const heals = new Map(observed.heals.map((heal) => [heal.faultId, heal.at]));
  return observed.faults.map(({ at, faultId, kind, target }) => {
    return { from: at - start, to: (heals.get(faultId) ?? at) - start, kind, target };
  });
}
