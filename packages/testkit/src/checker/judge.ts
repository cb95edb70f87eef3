import { INVARIANTS, type InvariantBounds } from './catalogue.ts';
import type { HistoryRecord } from './history.ts';
import { disorders } from './invariants/one-order.ts';
import { losses } from './invariants/reach.ts';
import { swaps } from './invariants/sender-order.ts';
import { has, type Need, somethingObserved } from './invariants/something-observed.ts';
import { repeats } from './invariants/visible-once.ts';
import { type Observed, observe } from './observed.ts';
import { recoveredMessages } from './recovered.ts';
import type { InvariantName, Violation } from './violation.ts';

/** What a history amounts to. JSON. The system passed when `violations` is empty. */
export interface Verdict {
  /** Sends that devices were asked for. attempts = acknowledged + unknown + failed. */
  readonly attempts: number;
  readonly acknowledged: number;
  /** Neither receipt nor refusal: they may or may not have happened. */
  readonly unknown: number;
  /** Refused for good: they must not have happened. */
  readonly failed: number;
  /** Acknowledged messages that at least one device lacks which should have them. */
  readonly lost: number;
  /** Messages and places that are somewhere twice. */
  readonly duplicated: number;
  /** Places where order is broken, whether between observers or between the sends of a device. */
  readonly outOfOrder: number;
  /**
   * Acknowledged messages that trouble met on their way, and that arrived: their send had an unknown outcome or outlived
   * the death of its device, or some device has them only by catching up (after it came back, over a gap, or by a reset).
   */
  readonly recovered: number;
  /** What the users' inboxes hold at the end. */
  readonly entries: number;
  /** Of these, voids: they stand for seqs that nothing came of. */
  readonly voids: number;
  /** How many were injected, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** `not applicable`: not chosen, or the history holds nothing it could be judged by. */
  readonly invariants: Readonly<Record<InvariantName, 'pass' | 'fail' | 'not applicable'>>;
  /** At most 51 per invariant; the last then says how many were left out. */
  readonly violations: readonly Violation[];
  /** From `healed` to `quiet`; null when either is missing. */
  readonly secondsToQuiet: number | null;
}

export interface JudgeOptions extends InvariantBounds {
  /**
   * The invariants to judge by; all unless set. A system that promises less is judged by what it promises. Whether anything
   * was observed is always judged.
   */
  readonly invariants?: readonly InvariantName[] | undefined;
}

/**
 * Judges a history: what its observers saw against what was promised. The records are those of {@link readHistory}, or in
 * the order of their `at`. Takes time and memory in proportion to the records. An empty or vacuous history fails.
 */
export function judge(records: readonly HistoryRecord[], options: JudgeOptions = {}): Verdict {
  const observed = observe(records);
  const invariants: Partial<Record<InvariantName, 'pass' | 'fail' | 'not applicable'>> = {};
  const violations: Violation[] = [];
  const keep = (name: InvariantName, found: readonly Violation[]): void => {
    invariants[name] = found.length > 0 ? 'fail' : 'pass';
    violations.push(...found);
  };

  const names = Object.keys(INVARIANTS) as (keyof typeof INVARIANTS)[];
  const chosen = new Set<InvariantName>(options.invariants ?? names);
  const needs = new Set<Need>(names.flatMap((name) => (chosen.has(name) ? INVARIANTS[name].needs : [])));
  keep('something-observed', somethingObserved(observed, needs));
  for (const name of names) {
    const { find, needs: own } = INVARIANTS[name];
    if (chosen.has(name) && own.every((need) => has(observed, need))) keep(name, find(observed, options));
    else invariants[name] = 'not applicable';
  }
  return {
    ...numbers(observed),
    invariants: invariants as Verdict['invariants'],
    violations,
    secondsToQuiet: secondsToQuiet(observed),
  };
}

function numbers(observed: Observed) {
  const { sends } = observed;
  const faults: Record<string, number> = {};
  for (const { kind } of observed.faults) faults[kind] = (faults[kind] ?? 0) + 1;
  const outOfOrder = new Set([
    ...disorders(observed).map((each) => each.key),
    ...swaps(observed).map((each) => each.second.operationId),
  ]);
  const acknowledged = sends.filter((send) => send.outcome === 'ok');
  const lost = new Set(losses(observed).map((each) => each.send.operationId));
  const entries = [...observed.inboxes.values()].flatMap(({ dump }) => dump.entries);
  return {
    attempts: sends.length,
    acknowledged: acknowledged.length,
    unknown: sends.filter((send) => send.outcome === 'unknown').length,
    failed: sends.filter((send) => send.outcome === 'fail').length,
    lost: lost.size,
    duplicated: new Set(repeats(observed).map((each) => each.key)).size,
    outOfOrder: outOfOrder.size,
    recovered: [...recoveredMessages(observed)].filter((operationId) => !lost.has(operationId)).length,
    entries: entries.length,
    voids: entries.filter(({ conversationId }) => conversationId === null).length,
    faults,
  };
}

function secondsToQuiet({ ends }: Observed): number | null {
  const healed = ends.findLast((end) => end.type === 'healed');
  const quiet = healed && ends.find((end) => end.type === 'quiet' && end.at >= healed.at);
  return healed && quiet ? (quiet.at - healed.at) / 1_000 : null;
}
