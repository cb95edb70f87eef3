import {
  type Epoch,
  type InboxBounds,
  type InboxRecord,
  type InboxRow,
  type InboxStore,
  refKey,
  type Seq,
  type UserId,
} from '@tidemark/core';
import { eventAt } from './memory-history.ts';
import { createMemoryState, type InboxTable, type MemoryState, randomId } from './memory-state.ts';
import { pageOf } from './page.ts';

export interface MemoryInboxOptions {
  /** Contents to share; by default its own, empty. */
  readonly state?: MemoryState;
  /** Epoch of a new state: 1–32 letters and digits, random unless set. Ignored when `state` is given. */
  readonly epoch?: string;
}

/** An InboxStore in memory. Where the state holds the history too, `range` joins the events. */
export function memoryInbox(options: MemoryInboxOptions = {}): InboxStore {
  const state = options.state ?? createMemoryState(options.epoch);
  return {
    survives: 'nothing',
    open: async () => {},
    close: async () => {},
    probe: async () => {},
    get epoch() {
      return state.epoch;
    },
    renewEpoch: async () => {
      state.epoch = randomId() as Epoch;
      return state.epoch;
    },
    bind: async (history) => {
      state.boundTo ??= history;
      return state.boundTo;
    },
    append: async (rows) => {
      if (rowTaken(state, rows)) return { conflict: 'entry' };
      writeRows(state, rows);
      return { conflict: undefined };
    },
    fillVoids: async (userId, seqs, at) => {
      const free = [...new Set(seqs)].filter((seq) => !seqTaken(state, userId, seq));
      writeRows(
        state,
        free.map((seq) => ({ userId, seq, ref: null, at })),
      );
      return free;
    },
    find: async (deliveries) =>
      deliveries.flatMap(({ userId, ref }) => state.inboxes.get(userId)?.deliveries.get(refKey(ref)) ?? []),
    range: async (userId, after, limit, bytes) =>
      pageOf(range(state, userId, after, limit), { limit, bytes }, ({ event }) => event).items,
    seqs: async (userId, after, limit) => range(state, userId, after, limit).map(({ seq }) => seq),
    bounds: async (userIds) => new Map(userIds.map((userId) => [userId, bounds(state, userId)])),
    purge: async (before, limit, plausible = Number.POSITIVE_INFINITY) => purge(state, before, limit, plausible),
  };
}

/** Whether a unique key of these rows is taken, in the store or earlier in the same batch. */
export function rowTaken(state: MemoryState, rows: readonly InboxRow[]): boolean {
  const batch = new Set<string>();
  const taken = (key: string): boolean => batch.size === batch.add(key).size;
  return rows.some(({ userId, seq, ref }) => {
    if (seqTaken(state, userId, seq) || taken(`seq ${userId} ${seq}`)) return true;
    if (ref === null) return false;
    return state.inboxes.get(userId)?.deliveries.has(refKey(ref)) || taken(`delivery ${userId} ${refKey(ref)}`);
  });
}

/** Writes rows whose keys are free. */
export function writeRows(state: MemoryState, rows: readonly InboxRow[]): void {
  for (const row of rows) {
    const inbox = inboxOf(state, row.userId);
    inbox.rows.set(row.seq, row);
    if (row.ref) inbox.deliveries.set(refKey(row.ref), row);
    inbox.head = Math.max(inbox.head, row.seq);
  }
}

/** A seq that retention removed stays taken: it was given once. */
function seqTaken(state: MemoryState, userId: UserId, seq: Seq): boolean {
  const inbox = state.inboxes.get(userId);
  return inbox !== undefined && (inbox.rows.has(seq) || seq <= inbox.floor);
}

function inboxOf(state: MemoryState, userId: UserId): InboxTable {
  let inbox = state.inboxes.get(userId);
  if (!inbox) {
    inbox = { rows: new Map(), deliveries: new Map(), floor: 0, head: 0 };
    state.inboxes.set(userId, inbox);
  }
  return inbox;
}

function range(state: MemoryState, userId: UserId, after: number, limit: number): InboxRecord[] {
  const inbox = state.inboxes.get(userId);
  const records: InboxRecord[] = [];
  if (!inbox) return records;
  for (let seq = Math.max(after, inbox.floor) + 1; seq <= inbox.head && records.length < limit; seq++) {
    const row = inbox.rows.get(seq);
    if (!row) continue;
    const event = row.ref ? eventAt(state, row.ref) : undefined;
    records.push({ seq: row.seq, ref: row.ref, ...(event && { event }) });
  }
  return records;
}

function bounds(state: MemoryState, userId: UserId): InboxBounds {
  const { floor, head } = state.inboxes.get(userId) ?? { floor: 0, head: 0 };
  return { floor: floor as Seq, head: head as Seq };
}

/**
 * From the oldest seq of each user on, as far as `lastDue`: rows written by clocks that disagree must not leave a hole in
 * the middle. The newest row stays.
 */
function purge(state: MemoryState, before: number, limit: number, plausible: number): number {
  let removed = 0;
  for (const inbox of state.inboxes.values()) {
    const last = lastDue(inbox, before, plausible);
    for (let seq = inbox.floor + 1; seq <= last && removed < limit; seq++) {
      const row = inbox.rows.get(seq);
      if (!row) continue;
      inbox.rows.delete(seq);
      if (row.ref) inbox.deliveries.delete(refKey(row.ref));
      inbox.floor = seq;
      removed++;
    }
  }
  return removed;
}

/** The last row past retention before the first that is young enough. One that is dated beyond what is plausible is neither. */
function lastDue(inbox: InboxTable, before: number, plausible: number): number {
  let last = 0;
  for (let seq = inbox.floor + 1; seq < inbox.head; seq++) {
    const row = inbox.rows.get(seq);
    if (!row || row.at > plausible) continue;
    if (row.at >= before) break;
    last = seq;
  }
  return last;
}
