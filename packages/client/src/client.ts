import type {
  CommandResult,
  Content,
  ConversationId,
  JsonValue,
  Member,
  MentionsInput,
  Receipt,
  SettingsChange,
  TidemarkError,
  UserId,
} from '@tidemark/core';
import type { ClientEvents } from './client-events.ts';
import type { ClientConnectionState } from './connection/client-connection-state.ts';
import type { AnyMessagingTrpc, ContentIn, ContentOut } from './messaging-trpc.ts';
import type { ConversationItem } from './views/conversations-view.ts';
import type { MessagesView } from './views/messages-view.ts';
import type { View } from './views/view.ts';
import type { LiveOptions } from './when-live.ts';

/**
 * One user's messaging on one device. `CIn`: the content kinds one may send; `COut`: those one receives.
 * Everything that reads answers from the local store, so it works without a network; everything that is sent is kept
 * first and delivered when it can be. `S`: what `send` takes for an attachment.
 */
export interface Client<CIn, COut, S extends JsonValue = never> {
  readonly userId: UserId;
  /** Connects, catches up, sends what is waiting. Idempotent. */
  start(): void;
  /**
   * Stops every timer and subscription. Drafts stay in the local store, and receipts still awaited reject with
   * `outcome_unknown`. A connection of `createConnection` is the application's: `connection.close()`. With several tabs it is
   * open in the leader alone, and the client opens and closes it.
   */
  close(): Promise<void>;
  /**
   * Signing out: `close`, then removes everything of this user from the local store, unsent drafts too. Clients of other
   * tabs are closed before, and show nothing more.
   */
  erase(): Promise<void>;
  /** `connection.open()` and `retryNow()` in the tab that leads: for after signing in again, and for a person who won't wait. */
  reconnect(): Promise<void>;

  /** The conversation of that id; the same object each time. It need not exist or be known yet. */
  conversation(conversationId: string): ConversationHandle<CIn, COut, S>;
  /** The direct conversation with a user. The first message creates it. */
  direct(userId: string): ConversationHandle<CIn, COut, S>;
  /** Creates a group of the user and `memberIds`. Repeated with the same id when the outcome is unknown. */
  createGroup(group: { title?: string | null; memberIds: readonly string[] }): Promise<CommandResult>;

  /** Newest activity first. */
  readonly conversations: View<readonly ConversationItem<COut>[]>;
  /** Unread messages over all conversations. */
  readonly unread: View<number>;
  readonly connection: View<ClientConnectionState>;

  /** Sends a failed draft again, under the same id, behind what is waiting. Unknown ids are ignored. */
  retry(clientMessageId: string): Promise<void>;
  /** Gives a draft up; its receipt rejects. One whose send is under way may be stored all the same. */
  discard(clientMessageId: string): Promise<void>;

  on<K extends keyof ClientEvents>(type: K, listener: (event: ClientEvents<COut>[K]) => void): () => void;
}

/** A client of `connect`: it has a connection of its own, which `close` and `erase` close too. */
export interface ConnectedClient<CIn, COut, S extends JsonValue = never> extends Client<CIn, COut, S> {
  /**
   * Resolves when the client has caught up, at once where it has. Rejects with `unavailable` after `timeoutMs`, naming the state
   * of the connection; with `unauthenticated` when nobody is signed in or the session was ended; with `closing` when the client
   * closes; with the signal's reason when that aborts.
   */
  live(options?: LiveOptions): Promise<void>;
}

/** The client of a router: `ClientOf<TRPCClient<AppRouter>['chat']>`. `S`: the sources of its attachments, if any. */
export type ClientOf<T extends AnyMessagingTrpc, S extends JsonValue = never> = Client<ContentIn<T>, ContentOut<T>, S>;

/** The client that `connect` gives for a router: `ConnectedClientOf<TRPCClient<AppRouter>['chat']>`. */
export type ConnectedClientOf<T extends AnyMessagingTrpc, S extends JsonValue = never> = ConnectedClient<
  ContentIn<T>,
  ContentOut<T>,
  S
>;

export interface ConversationHandle<CIn, COut, S extends JsonValue = never> {
  readonly conversationId: ConversationId;
  /** Its line of the list, listed or not; `null` while nothing is known of it. */
  readonly item: View<ConversationItem<COut> | null>;
  readonly messages: MessagesView<CIn, COut>;
  /**
   * Keeps the message and sends it, in the order of the calls within this conversation. Returns at once. Throws only when
   * `content` is not JSON or an id is malformed.
   */
  send(message: Content<CIn>, options?: SendOptions<S>): SendHandle;
  /**
   * Gives a message of the user's another content: shown at once, kept, and sent behind what waits in this conversation. A draft
   * that was never sent is changed itself. `message` is one of `messages`, a receipt, or the ids of either.
   */
  edit(message: MessageIds, content: Content<CIn>, options?: EditOptions): StoredHandle;
  /**
   * Reacts to a message with a key, such as an emoji (1–64 bytes of UTF-8 without blanks), or with `on` false takes that back: shown at once,
   * kept, and sent behind what waits in this conversation. What was never sent and its opposite cancel out: neither is sent. What is
   * refused for good is shown no longer. `message` is as for `edit`.
   */
  react(message: MessageIds, key: string, on?: boolean, options?: ReactOptions): StoredHandle;
  /**
   * Takes a message back for everybody: one of the user's, or of others in a group where the user may. Shown at once as `revoked`, kept, and
   * sent behind what waits in this conversation; what waits to be said of it is not sent. One that was never sent is gone, and nothing is
   * sent. What is refused for good is shown again. `message` is as for `edit`.
   */
  revoke(message: MessageIds, options?: RevokeOptions): StoredHandle;
  /**
   * Sets how the user sees this conversation, on all their devices: shown at once in `item`, kept, and sent behind what waits here. What is not
   * given stays as it is; of two devices the last in the order of the server stands, for each setting. What is refused for good is
   * shown no longer.
   */
  setSettings(settings: SettingsChange, options?: SettingsOptions): StoredHandle;
  /** What was marked unread is so no more. Up to `readSeq`, or to the newest message here. Resolves when kept locally; the server learns it when it can. */
  markRead(readSeq?: number): Promise<void>;
  members(): Promise<readonly Member[]>;
  addMembers(userIds: readonly string[]): Promise<CommandResult>;
  removeMembers(userIds: readonly string[]): Promise<CommandResult>;
  leave(): Promise<CommandResult>;
}

export interface SendOptions<S extends JsonValue = never> {
  /** Made up unless given. A message sent twice under the same id is sent once. */
  readonly clientMessageId?: string;
  /**
   * The message that it replies to: one of `messages`, stored or not, a receipt, or the ids of either. Refused for good as
   * `message_not_found` where the server has none such that this user sees. Show what it says with `quotesOf` of `@tidemark/client/replies`.
   */
  readonly replyTo?: MessageIds;
  /** Whom it mentions: members by their ids, or all. Nothing is read from its content. Default: nobody. */
  readonly mentions?: MentionsInput;
  /** Uploaded by the client's `attachments` hooks before the message is sent; those behind it in the conversation wait. */
  readonly attachments?: readonly S[];
}

/** Which message is edited, reacted to, replied to or revoked. */
export interface MessageIds {
  readonly senderId: string;
  readonly clientMessageId: string;
}

export interface EditOptions {
  /** Made up unless given. An edit made twice under the same id is made once. Unused where a draft is changed itself. */
  readonly commandId?: string;
  /** Refused as `conflict` where the message has another version by then; 1: as it was sent. Default: the last edit stands. */
  readonly expectedVersion?: number;
  /** Whom the message mentions from now on. Default: nobody. */
  readonly mentions?: MentionsInput;
}

export interface ReactOptions {
  /** Made up unless given. A switch made twice under the same id is made once. */
  readonly commandId?: string;
}

export interface RevokeOptions {
  /** Shown with the tombstone: 1–200 characters. */
  readonly reason?: string;
  /** Made up unless given. Revoked twice under the same id is revoked once. */
  readonly commandId?: string;
}

export interface SettingsOptions {
  /** Made up unless given. Set twice under the same id is set once. */
  readonly commandId?: string;
}

export interface StoredHandle {
  /**
   * Resolves when what was asked for is stored durably, or the message with the edit, or nothing is left to store. Rejects with a {@link TidemarkError} when it was refused
   * for good or discarded. Need not be awaited.
   */
  readonly stored: Promise<void>;
}

export interface SendHandle {
  readonly clientMessageId: string;
  /**
   * Resolves when the message is stored durably by the server (P2), which may be days later. Rejects with a
   * {@link TidemarkError} when it was refused for good or discarded. Need not be awaited.
   */
  readonly receipt: Promise<Receipt>;
}
