/** What a resolved write survives: nothing, the death of every process, or loss of power of the machine. */
export type Survives = 'nothing' | 'process' | 'machine';

const WEAKEST_FIRST: readonly Survives[] = ['nothing', 'process', 'machine'];

/** What a write of several parts survives: what the weakest of them does. */
export function weakestOf(parts: readonly Survives[]): Survives {
  return WEAKEST_FIRST.find((level) => parts.includes(level)) ?? 'nothing';
}
