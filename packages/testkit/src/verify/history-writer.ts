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
    // The machine's monotonic clock, which all its processes share.
    write: (record) => file.write({ at: Number(process.hrtime.bigint()) / 1e6, by, ...record } as HistoryRecord),
    close: () => file.close(),
  };
}
