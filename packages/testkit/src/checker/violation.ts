import type { ConversationId, UserId } from '@tidemark/core';
import type { HistoryRecord } from './history.ts';

/** A sentence of the promises that a history refutes, and the few records that alone show it. */
export interface Violation {
  readonly invariant: InvariantName;
  /** The promises of ARCHITECTURE.md that it is about, e.g. `P2`. */
  readonly promises: readonly string[];
  /** What happened, for a person. */
  readonly sentence: string;
  readonly subject: Subject;
  /**
   * The minimal counterexample. Records are cut down to what matters: of an `apply` the entries, of a dump the events next
   * to the place in question.
   */
  readonly records: readonly HistoryRecord[];
}

/** What a violation is about. */
export type Subject =
  /** `conversationSeq` is null for a message whose place is not known, `operationId` for one that nobody sent. */
  | {
      readonly kind: 'message';
      readonly conversationId: ConversationId;
      readonly conversationSeq: number | null;
      readonly operationId: string | null;
    }
  | { readonly kind: 'user'; readonly userId: UserId }
  | { readonly kind: 'conversation'; readonly conversationId: ConversationId }
  | { readonly kind: 'device'; readonly userId: UserId; readonly deviceId: string }
  | { readonly kind: 'process'; readonly process: string }
  | { readonly kind: 'run' };

export type InvariantName =
  | 'something-observed'
  | 'reach'
  | 'no-phantom'
  | 'visible-once'
  | 'stable-receipt'
  | 'one-order'
  | 'sender-order'
  | 'dense-inbox'
  | 'cursor-behind-data'
  | 'epoch-honesty'
  | 'no-silent-truncation'
  | 'acknowledged-stored'
  | 'durable-before-visible'
  | 'snapshot-equals-log'
  | 'unread-identity'
  | 'one-number'
  | 'latest-edit'
  | 'tombstones-win'
  | 'reaction-count'
  | 'no-false-refusal'
  | 'restore-told'
  | 'removal-fence'
  | 'no-cross-talk'
  | 'bounded-memory'
  | 'liveness-after-heal';

/** Findings of one invariant that are told in full; the last violation then says how many more there were. */
export const FINDINGS_IN_FULL = 50;

export interface Findings {
  /** The parts are made only when the finding is told in full. */
  add(make: () => Omit<Violation, 'invariant' | 'promises'>): void;
  list(): Violation[];
}

/** Collects what one invariant finds: a system that loses everything must not drown its judge. */
export function findings(invariant: InvariantName, promises: readonly string[]): Findings {
  const found: Violation[] = [];
  let more = 0;
  return {
    add: (make) => {
      if (found.length < FINDINGS_IN_FULL) found.push({ invariant, promises, ...make() });
      else more += 1;
    },
    list: () => {
      if (more === 0) return found;
      const sentence = `${more} more findings of ${invariant} were left out`;
      return [...found, { invariant, promises, sentence, subject: { kind: 'run' }, records: [] }];
    },
  };
}
