import type { CommandKey, ConversationId, TidemarkError } from '@tidemark/core';

/**
 * Refusals: what the writers of a partition have refused for good. A copy of a command can turn up long after another copy
 * of it was refused (its sender tried again on a second connection while the first stood still somewhere on the way), at a
 * time when it would be allowed. Its sender has the refusal, so it must not be carried out. To whoever implements it:
 *
 *  - `remember` resolves when every writer of the partition will find them: no sender gets one before.
 *  - The newest REFUSALS_KEPT of a partition are kept, and all for REFUSALS_KEPT_FOR ms after the newest.
 *  - Those of a backplane may be wiped at any moment: the store has them as well (`durableRefusals`).
 *  - Throw UnavailableError when the service cannot be reached.
 */
export interface Refusals {
  remember(partition: number, refusals: readonly NewRefusal[]): Promise<void>;
  /** Those remembered after `position`, in order, and the position to go on from. `undefined`: from the first. */
  since(
    partition: number,
    position: string | undefined,
  ): Promise<{ refusals: Refusal[]; position: string | undefined }>;
}

export interface Refusal extends CommandKey {
  /** Which of the sender's intentions it was: copies of this one and of earlier ones are refused, a later one is new. */
  readonly retry: number;
  readonly error: TidemarkError;
}

export interface NewRefusal extends Refusal {
  readonly conversationId: ConversationId;
}

export const REFUSALS_KEPT = 10_000;
export const REFUSALS_KEPT_FOR = 3_600_000;
