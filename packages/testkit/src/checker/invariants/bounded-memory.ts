import { present } from '../excerpt.ts';
import type { RecordOf } from '../history.ts';
import type { Observed } from '../observed.ts';
import { findings, type Violation } from '../violation.ts';

/** By how much a process may grow, in bytes, unless a budget is given: a reader that stalls must not fill it up. */
export const DEFAULT_MEMORY_BUDGET_BYTES = 128 * 1024 * 1024;

/**
 * What a process holds stays within its budget, stalled readers or not: compared with its first record since it started,
 * and by the least of each three records in a row, since between two collections a heap holds what nobody needs.
 */
export function boundedMemory(observed: Observed, budgetBytes = DEFAULT_MEMORY_BUDGET_BYTES): Violation[] {
  const found = findings('bounded-memory', ['P11']);
  const first = new Map<string, RecordOf<'memory'>>();
  const recent = new Map<string, RecordOf<'memory'>[]>();
  const told = new Set<string>();
  for (const record of observed.records) {
    if (record.type === 'start') {
      first.delete(record.target);
      recent.delete(record.target);
    }
    if (record.type !== 'memory') continue;
    const base = first.get(record.by);
    if (!base) {
      first.set(record.by, record);
      continue;
    }
    const last = [...(recent.get(record.by) ?? []), record].slice(-3);
    recent.set(record.by, last);
    const grown = Math.min(...last.map((each) => each.heldBytes)) - base.heldBytes;
    if (last.length < 3 || grown <= budgetBytes || told.has(record.by)) continue;
    told.add(record.by);
    found.add(() => ({
      sentence: `${record.by} grew by ${mebibytes(grown)} MiB, and its budget is ${mebibytes(budgetBytes)} MiB`,
      subject: { kind: 'process', process: record.by },
      records: present(base, ...last),
    }));
  }
  return found.list();
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
