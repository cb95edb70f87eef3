export type {
  Call,
  Calls,
  ConversationPage,
  EditInput,
  HistoryInput,
  HistoryPage,
  Member,
  MemberPage,
  MembersInput,
  MentionsInput,
  PinInput,
  PinnedMessage,
  PinPage,
  ReactInput,
  ReactionPage,
  ReactionsInput,
  Reactor,
  ReportInput,
  RevokeInput,
  SendInput,
  SettingsInput,
  TargetInput,
  VersionPage,
  VersionsInput,
} from './calls.ts';
export { backoff, type Clock, type Random, systemClock } from './clock.ts';
export { type CommandResult, retryOf } from './command.ts';
export {
  CONTENT_TYPE,
  type Content,
  type ContentMap,
  type ContentSchemas,
  UNKNOWN_CONTENT,
  type UnknownContent,
} from './content.ts';
export {
  type Conversation,
  type ConversationKind,
  type ConversationSettings,
  type ConversationSummary,
  kindOf,
  type Membership,
  type Notify,
} from './conversation.ts';
export {
  type ConversationHead,
  type ConversationState,
  evolve,
  type Projection,
  project,
  recipientsAsOf,
  recipientsOf,
  registersOf,
} from './conversation-state.ts';
export {
  DeploymentError,
  type Difference,
  ERRORS,
  type ErrorCode,
  type ErrorPolicy,
  parseErrorText,
  shortened,
  TidemarkError,
  TRANSPORT_CODES,
  type TransportCode,
  UnavailableError,
} from './errors.ts';
export { type EventRef, refKey } from './event-ref.ts';
export type { Command, CommandOf, CommandType } from './features/commands.ts';
export type { ConversationCreated, CreateConversation } from './features/conversations.ts';
export type { EditErased, EditMessage, MessageEdited } from './features/edits.ts';
export { afterErasing, carriedBy, erasedBy, withoutContent } from './features/erasing.ts';
export type { EventDefinition, MessageRegisters, ReadMark } from './features/event-definition.ts';
export {
  COUNTED_TYPES,
  definitionOf,
  EVENT_TYPES,
  type Event,
  type EventOf,
  type EventType,
  isEventType,
} from './features/events.ts';
export type { AddMembers, MembersAdded, MembersRemoved, RemoveMembers } from './features/members.ts';
export { changesMention, countsAsMention, newlyMentioned } from './features/mentions.ts';
export { isMentioned, meansAll } from './features/mentions-set.ts';
export { type MessageErased, type MessageSent, messageOf, type SendMessage, tombstone } from './features/messages.ts';
export type { PinChanged, SetPin } from './features/pins.ts';
export {
  isReactionKey,
  parseReactionKey,
  REACTION_KEY_RULE,
  type ReactionChanged,
  type SetReaction,
} from './features/reactions.ts';
export type { MarkRead, ReadMarked } from './features/read-marks.ts';
export {
  type Register,
  type RegisterKey,
  type RegisterName,
  type RegisterOf,
  type RegisterSetting,
  type RegisterValues,
  registerKey,
  SHOWN_REGISTERS,
} from './features/registers.ts';
export { MESSAGE_TYPES, quoteOf, type Said, saidIn } from './features/replies.ts';
export {
  type MessageRevoked,
  REVOKED_AT_ONCE,
  type RevokedTarget,
  type RevokeMessages,
} from './features/revokes.ts';
export { DEFAULT_SETTINGS, type SetSettings, type SettingsChange, type SettingsChanged } from './features/settings.ts';
export { counts, type ReadPosition } from './features/unread.ts';
export { fingerprintAt, fingerprintDepth, fingerprintOf, fingerprintsAgree } from './fingerprint.ts';
export {
  type CommandId,
  type ConversationId,
  type ConversationSeq,
  type Cursor,
  type CursorPosition,
  createIdSource,
  directConversationId,
  type Epoch,
  formatCursor,
  type IdSource,
  type MessageId,
  type NodeId,
  parseCommandId,
  parseConversationId,
  parseCursor,
  parseUserId,
  participants,
  peerOf,
  type Seq,
  type StoreIdentity,
  selfConversationId,
  type UserId,
} from './ids.ts';
export type { Entries, FeedInfo, FeedItem, InboxEntry, InboxPage, Live, Reset, ResetReason } from './inbox.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
export { commandBytesFor, DEFAULT_LIMITS, type Limits, leastCommandBytes } from './limits.ts';
export { DEFAULT_PAGE, ENVELOPE_BYTES } from './limits-of-clients.ts';
export {
  type Edited,
  type EditedContent,
  type Mentions,
  type Message,
  type MessageRef,
  type MessageTarget,
  NEWEST_REACTORS,
  type Pin,
  type Quote,
  type ReactionCount,
  type Receipt,
  type Revoked,
} from './message.ts';
export type { ConflictOutcome } from './storage/conflict-outcome.ts';
export {
  type CommandKey,
  type ConversationsPage,
  type ConversationsQuery,
  commandKey,
  type EventsPage,
  type HistoryQuery,
  type HistoryStore,
  type OwnersQuery,
  type QuotesQuery,
  type RegisterView,
  UNREAD_SPAN,
} from './storage/history-store.ts';
export type { Delivery, InboxBounds, InboxRecord, InboxRow, InboxStore } from './storage/inbox-store.ts';
export { newEpoch } from './storage/new-epoch.ts';
export { probeBatches } from './storage/probe-batches.ts';
export type { RefusalStore, RefusedCommand } from './storage/refusal-store.ts';
export {
  type CommitBatch,
  composeStorage,
  type Storage,
  type StorageCapabilities,
} from './storage/storage.ts';
export type { Survives } from './storage/survives.ts';
export { WIRE_VERSION, wireTrouble } from './wire-version.ts';
