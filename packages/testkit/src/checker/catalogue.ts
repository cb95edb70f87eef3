import { acknowledgedStored } from './invariants/acknowledged-stored.ts';
import { boundedMemory } from './invariants/bounded-memory.ts';
import { cursorBehindData } from './invariants/cursor-behind-data.ts';
import { denseInbox } from './invariants/dense-inbox.ts';
import { durableBeforeVisible } from './invariants/durable-before-visible.ts';
import { epochHonesty } from './invariants/epoch-honesty.ts';
import { latestEdit } from './invariants/latest-edit.ts';
import { livenessAfterHeal } from './invariants/liveness-after-heal.ts';
import { noCrossTalk } from './invariants/no-cross-talk.ts';
import { noFalseRefusal } from './invariants/no-false-refusal.ts';
import { noPhantom } from './invariants/no-phantom.ts';
import { noSilentTruncation } from './invariants/no-silent-truncation.ts';
import { oneOrder } from './invariants/one-order.ts';
import { reach } from './invariants/reach.ts';
import { reactionCount } from './invariants/reaction-count.ts';
import { removalFence } from './invariants/removal-fence.ts';
import { restoreTold } from './invariants/restore-told.ts';
import { senderOrder } from './invariants/sender-order.ts';
import { snapshotEqualsLog } from './invariants/snapshot-equals-log.ts';
import type { Need } from './invariants/something-observed.ts';
import { stableReceipt } from './invariants/stable-receipt.ts';
import { tombstonesWin } from './invariants/tombstones-win.ts';
import { oneNumber, unreadIdentity } from './invariants/unread-identity.ts';
import { visibleOnce } from './invariants/visible-once.ts';
import type { Observed } from './observed.ts';
import type { InvariantName, Violation } from './violation.ts';

export interface Invariant {
  /** What it claims, in a line. */
  readonly claim: string;
  /** Without these in the history it says nothing. */
  readonly needs: readonly Need[];
  readonly find: (observed: Observed, bounds: InvariantBounds) => Violation[];
}

export interface InvariantBounds {
  /** See {@link boundedMemory}; its default unless set. */
  readonly memoryBudgetBytes?: number | undefined;
}

/** All invariants but the one that is always judged (`something-observed`), in the order in which a verdict lists them. */
export const INVARIANTS: Readonly<Record<Exclude<InvariantName, 'something-observed'>, Invariant>> = {
  reach: {
    claim: 'every acknowledged message is on every device of everyone who belonged to its conversation',
    needs: ['acknowledged message', 'device'],
    find: reach,
  },
  'no-phantom': { claim: 'nobody sees what nobody sent', needs: ['device'], find: noPhantom },
  'visible-once': { claim: 'what was sent once is there once', needs: ['device'], find: visibleOnce },
  'stable-receipt': {
    claim: 'one clientMessageId has one messageId, one place and one receipt',
    needs: ['acknowledged message'],
    find: stableReceipt,
  },
  'one-order': { claim: 'everyone sees a conversation in one order, without holes', needs: ['device'], find: oneOrder },
  'sender-order': {
    claim: 'what one device says in one conversation keeps its order',
    needs: ['acknowledged message'],
    find: senderOrder,
  },
  'dense-inbox': {
    claim: 'seqs of a user are 1, 2, 3 …, and never change their meaning',
    needs: ['inbox dump'],
    find: denseInbox,
  },
  'cursor-behind-data': {
    claim: 'a cursor is never ahead of the contiguous data',
    needs: ['device step'],
    find: cursorBehindData,
  },
  'epoch-honesty': {
    claim: 'after a change of epoch devices are reset, never silently continued',
    needs: ['device step'],
    find: epochHonesty,
  },
  'no-silent-truncation': {
    claim: 'a device below the retention floor is told by a reset',
    needs: ['inbox dump', 'device step'],
    find: noSilentTruncation,
  },
  'acknowledged-stored': {
    claim: 'what was acknowledged is in the stores',
    needs: ['acknowledged message', 'log dump', 'inbox dump'],
    find: acknowledgedStored,
  },
  'durable-before-visible': {
    claim: 'nobody sees what is not stored',
    needs: ['device', 'log dump'],
    find: durableBeforeVisible,
  },
  'snapshot-equals-log': {
    claim: 'a fresh device has what the long-lived ones have, and both what the log says',
    needs: ['device dump', 'dump of a fresh device', 'log dump'],
    find: snapshotEqualsLog,
  },
  'latest-edit': {
    claim: 'everybody is shown what the last edit of a message says, and each edit is the next version by its author',
    needs: ['device dump', 'dump of a fresh device', 'log dump'],
    find: latestEdit,
  },
  'tombstones-win': {
    claim: 'of what was revoked nothing is left but a tombstone, in the log and on every device',
    needs: ['device dump', 'dump of a fresh device', 'log dump'],
    find: tombstonesWin,
  },
  'reaction-count': {
    claim: 'a reaction counts the users who have it on, and names the newest, in each event and on every device',
    needs: ['device dump', 'dump of a fresh device', 'log dump'],
    find: reactionCount,
  },
  'unread-identity': {
    claim: 'unread counts are the same everywhere, and follow from the log',
    needs: ['device dump'],
    find: unreadIdentity,
  },
  'one-number': {
    claim: 'unread mentions are the same everywhere, and follow from what messages say now',
    needs: ['device dump', 'dump of a fresh device'],
    find: oneNumber,
  },
  'no-false-refusal': {
    claim: 'nobody is told that a message failed which was in order',
    needs: ['device'],
    find: noFalseRefusal,
  },
  'restore-told': {
    claim: 'devices that hold what a restored store lost are told to rebuild',
    needs: ['device step', 'log dump'],
    find: restoreTold,
  },
  'removal-fence': {
    claim: 'who was removed gets nothing until let in again',
    needs: ['device', 'log dump'],
    find: removalFence,
  },
  'no-cross-talk': { claim: 'nobody receives what is not theirs', needs: ['device'], find: noCrossTalk },
  'bounded-memory': {
    claim: 'memory stays within its budget, with readers that stall too',
    needs: ['memory record'],
    find: (observed, { memoryBudgetBytes }) => boundedMemory(observed, memoryBudgetBytes),
  },
  'liveness-after-heal': {
    claim: 'once the faults are over, everything comes to rest, and nothing waits',
    needs: [],
    find: livenessAfterHeal,
  },
};
