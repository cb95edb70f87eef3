import type { HistoryRecord } from '../checker/history.ts';
import { openHistoryFile } from '../checker/history-file.ts';

type Body<T> = T extends unknown ? Omit<T, 'at' | 'by'> : never;

/** Where one observer writes what it sees, with the time at which it saw it. */
export interface HistoryWriter {
  write(record: Body<HistoryRecord>): void;
  close(): void;
}

export function historyWriter(folder: string, by: string): HistoryWriter {
  const file = openHistoryFile(folder, by);
  return {
    write: (record) => file.write({ at: monotonicNow(), by, ...record } as HistoryRecord),
    close: () => file.close(),
  };
}

/** ms of the machine's monotonic clock, which all its processes share. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
