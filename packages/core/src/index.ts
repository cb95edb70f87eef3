export { type Clock, type Random, backoff, systemClock } from './clock.ts';
export type {
  AddMembers,
  Command,
  CommandResult,
  CreateConversation,
  MarkRead,
  RemoveMembers,
  SendMessage,
} from './command.ts';
export {
  CONTENT_TYPE,
  type Content,
  type ContentInput,
  type ContentMap,
  type ContentOutput,
  type ContentSchemas,
  UNKNOWN_CONTENT,
  type UnknownContent,
} from './content.ts';
export type { Conversation, ConversationKind, ConversationSummary, Membership } from './conversation.ts';
export {
  type ConversationHead,
  type ConversationState,
  type Projection,
  evolve,
  project,
  recipientsAsOf,
  recipientsOf,
} from './conversation-state.ts';
export {
  ERRORS,
  type ErrorCode,
  type ErrorPolicy,
  TidemarkError,
  type TransportCode,
  UnavailableError,
  parseErrorText,
} from './errors.ts';
export {
  type ConversationCreated,
  type Event,
  type EventRef,
  type EventType,
  type MembersAdded,
  type MembersRemoved,
  type MessageSent,
  type ReadMarked,
  messageOf,
} from './event.ts';
export {
  type CommandId,
  type ConversationId,
  type ConversationSeq,
  type Cursor,
  type Epoch,
  type IdSource,
  type MessageId,
  type NodeId,
  type Seq,
  type UserId,
  createIdSource,
  directConversationId,
  formatCursor,
  parseCommandId,
  parseConversationId,
  parseCursor,
  parseUserId,
  participants,
  peerOf,
  selfConversationId,
} from './ids.ts';
export type { Entries, FeedItem, InboxEntry, InboxPage, Live, Reset, ResetReason } from './inbox.ts';
export type { JsonObject, JsonValue } from './json.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { Message, Receipt } from './message.ts';
export type { CommandKey, ConversationsQuery, HistoryQuery, HistoryStore } from './storage/history-store.ts';
export type { Delivery, InboxBounds, InboxRecord, InboxRow, InboxStore } from './storage/inbox-store.ts';
export {
  type CommitBatch,
  type ConflictOutcome,
  type Storage,
  type StorageCapabilities,
  composeStorage,
} from './storage/storage.ts';
