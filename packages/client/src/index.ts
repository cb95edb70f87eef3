export type {
  Client,
  ClientOf,
  ConnectedClient,
  ConnectedClientOf,
  ConversationHandle,
  EditOptions,
  MessageIds,
  ReactOptions,
  SendHandle,
  SendOptions,
  StoredHandle,
} from './client.ts';
export type { ClientEvents, Retried } from './client-events.ts';
export type { ClientOptions } from './client-options.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { ClientConnectionState } from './connection/client-connection-state.ts';
export type { Connection, ConnectionState } from './connection/connection.ts';
export type { ConnectionCause } from './connection/connection-cause.ts';
export type { ConnectionOptions } from './connection/connection-options.ts';
export { createConnection, type WebSocketConnection } from './connection/create-connection.ts';
export type { Environment, EnvironmentChange } from './connection/environment.ts';
export type { TokenSource } from './connection/identity.ts';
export type { WebSocketClass, WebSocketLike } from './connection/observed-socket.ts';
export { KICKED_CLOSE_CODE, UNAUTHENTICATED_CLOSE_CODE } from './connection/session.ts';
export { createClient } from './create-client.ts';
export type { ConversationRow } from './local-store/conversation-row.ts';
export type { Draft, LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store/local-store.ts';
export { LocalStoreError, type LocalStoreProblem } from './local-store/local-store-error.ts';
export { memoryLocalStore } from './local-store/memory-local-store.ts';
export type {
  AnyMessagingTrpc,
  CallOptions,
  ContentIn,
  ContentOut,
  FeedObserver,
  FeedSubscription,
  MessagingName,
  MessagingOf,
  MessagingTrpc,
} from './messaging-trpc.ts';
export type { ReactedReceivedMessage, ReceivedEvent, ReceivedMessage } from './received.ts';
export { DraftDiscardedError } from './send/outbox-entries.ts';
export type { AttachmentHooks, AttachmentUpload, UploadContext, UploadingAttachment } from './send/uploads.ts';
export type { KeptEvent, MessageReaction } from './sync/registers.ts';
export { type BrowserTabsOptions, browserTabs } from './tabs/browser-tabs.ts';
export { memoryTabs } from './tabs/memory-tabs.ts';
export type { Tab, TabObserver, Tabs } from './tabs/tabs.ts';
export type { ConversationItem } from './views/conversations-view.ts';
export type {
  DraftMessage,
  MessageItem,
  MessagesSnapshot,
  MessagesView,
  PendingEdit,
  StoredMessage,
} from './views/messages-view.ts';
export type { View } from './views/view.ts';
export type { LiveOptions } from './when-live.ts';
