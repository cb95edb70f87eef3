export {
  type ConversationBuilder,
  type ConversationBuilderOptions,
  conversationBuilder,
  type MessageOptions,
  type ReactionOptions,
} from './builders/conversation-builder.ts';
export { HOSTILE_TEXT, HOSTILE_USER_IDS, hostileContent } from './builders/hostile-text.ts';
export { pinsIn } from './builders/pins-in.ts';
export { quoteIn } from './builders/quotes-in.ts';
export { buildLog, inBatches, LOG_USERS, type LogStep, logSteps, logUsers } from './builders/random-log.ts';
export { reactionCountsIn, reactorsIn } from './builders/reactions-in.ts';
export { SEEDED_START, type SeededIds, seededIds, seededRandom } from './builders/seeded-ids.ts';
export { batchFor, refOf, rowsFor, type SeqCounter, seqCounter } from './builders/seq-counter.ts';
export { ownSeqIn, settingsIn } from './builders/settings-in.ts';
export {
  type ConformanceOptions,
  historyCases,
  historyConformance,
  inboxConformance,
  inboxRoleCases,
  storageConformance,
  storageRoleCases,
} from './conformance.ts';
export type { ConformanceCase, OpenedHistory, OpenedInbox, OpenedStorage, StoreNetwork } from './conformance-case.ts';
export { closeHoles, patiently, writeLikeTheWriter } from './writer-model.ts';
