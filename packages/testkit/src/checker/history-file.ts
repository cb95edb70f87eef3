import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ContentMap, Event } from '@tidemark/core';
import type { HistoryRecord } from './history.ts';
import { sameJson } from './same-json.ts';

const SUFFIX = '.jsonl';
const LINE_FEED = 0x0a;

/** Where one observer writes what it sees. */
export interface HistoryFile {
  readonly path: string;
  /** Returns once the line is with the operating system, which keeps it whatever happens to this process. */
  write(record: HistoryRecord): void;
  close(): void;
}

/**
 * Opens the file of `observer` (e.g. `device alice/2`) in `folder`, which is made when it is missing. An observer that was
 * killed goes on in its file: a line that its death tore is removed first. One process at a time per observer.
 */
export function openHistoryFile(folder: string, observer: string): HistoryFile {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${encodeURIComponent(observer)}${SUFFIX}`);
  dropTornLine(path);
  const file = openSync(path, 'a');
  return {
    path,
    write: (record) => {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      for (let written = 0; written < line.length; ) written += writeSync(file, line, written);
    },
    close: () => closeSync(file),
  };
}

/**
 * All records of a folder's files, by `at`; the records of one file keep their order even where their times do not. A last
 * line that was torn is ignored: its observer died before it had told it. Throws, naming file and line, for any other
 * line that is no record.
 *
 * Equal events are one object afterwards, so that what a run's devices all hold is held once.
 */
export function readHistory(folder: string): HistoryRecord[] {
  const share = eventPool();
  const files = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  const placed = files.sort().flatMap((name) => {
    let latest = Number.NEGATIVE_INFINITY;
    return readLines(join(folder, name)).map((record) => {
      latest = Math.max(latest, record.at);
      return { at: latest, record: shareEvents(record, share) };
    });
  });
  // The sort is stable: at one time, files stand in the order of their names and lines in the order of their file.
  return placed.sort((a, b) => a.at - b.at).map(({ record }) => record);
}

function readLines(path: string): HistoryRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const records: HistoryRecord[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const record = parseLine(line);
    if (record) records.push(record);
    else if (index < lines.length - 1) throw new Error(`${path}:${index + 1} is no record of a history`);
  }
  return records;
}

function parseLine(line: string): HistoryRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { at, by, type } = value as Record<string, unknown>;
    return typeof at === 'number' && typeof by === 'string' && typeof type === 'string'
      ? (value as HistoryRecord)
      : undefined;
  } catch {
    return undefined;
  }
}

function dropTornLine(path: string): void {
  const file = openSync(path, 'a+');
  try {
    if (fstatSync(file).size === 0) return;
    const content = readFileSync(file);
    const end = content.lastIndexOf(LINE_FEED) + 1;
    if (end < content.length) ftruncateSync(file, end);
  } finally {
    closeSync(file);
  }
}

type AnyEvent = Event<ContentMap>;

function eventPool(): (event: AnyEvent) => AnyEvent {
  const known = new Map<string, Map<number, AnyEvent>>();
  return (event) => {
    const bySeq = known.get(event.conversationId) ?? new Map<number, AnyEvent>();
    known.set(event.conversationId, bySeq);
    const first = bySeq.get(event.conversationSeq);
    if (!first) bySeq.set(event.conversationSeq, event);
    return first && sameJson(first, event) ? first : event;
  };
}

function shareEvents(record: HistoryRecord, share: (event: AnyEvent) => AnyEvent): HistoryRecord {
  switch (record.type) {
    case 'apply':
      return { ...record, entries: record.entries.map(({ seq, event }) => ({ seq, event: event && share(event) })) };
    case 'log-dump':
      return { ...record, events: record.events.map(share) };
    case 'device-dump':
      return {
        ...record,
        conversations: record.conversations.map((each) => ({ ...each, events: each.events.map(share) })),
      };
    default:
      return record;
  }
}
