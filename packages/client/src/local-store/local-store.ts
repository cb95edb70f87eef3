import type {
  CommandId,
  Content,
  ContentMap,
  ConversationId,
  Cursor,
  ErrorCode,
  Event,
  JsonValue,
  MentionsInput,
  SettingsChange,
  UserId,
} from '@tidemark/core';
import type { ConversationRow } from './conversation-row.ts';

/**
 * LocalStore: what one device keeps of one user's messaging. To whoever implements it:
 *
 *  - `transaction` is all or nothing, and durable in the sense of the technology when it resolves. This carries P10: the
 *    cursor moves only together with the rows it stands for. When it rejects, nothing was changed.
 *  - Transactions take effect in the order of the calls; a read sees every transaction that resolved before it began.
 *  - One client writes rows and cursor at a time. Several tabs over one store elect a leader; the others write drafts only.
 *  - The data of different users never meet: `open` names the user, and nothing of another is visible.
 *  - Values are JSON, immutable, and come back equal, code unit by code unit, lone surrogates and NUL too: where texts are
 *    UTF-8, keep JSON text, which escapes them. Fields of later versions pass through. Ids are visible ASCII.
 *  - `erase` removes everything of the user (sign-out), drafts too, and leaves no trace that the storage can avoid. It works
 *    also after an `open` that rejected.
 *  - Nothing is destroyed that a later version wrote: `open` rejects with the LocalStoreError `newer`.
 *  - Lost data is never passed over in silence. Whoever finds that what it has loaded is no longer there (`evicted`), or
 *    cannot be read (`corrupt`), rejects with that LocalStoreError, and from then on everything but `open`, which begins
 *    anew, with the drafts it can still read. The client then rebuilds from a snapshot. To notice, give each beginning of a
 *    user's data a name of its own, remember it at `open`, and compare it within every transaction and read.
 *  - No room is the LocalStoreError `full`; any other rejection is passing trouble. Both are tried again with back-off.
 */
export interface LocalStore {
  /**
   * Names the place when other tabs or clients can have it open at the same time, e.g. that of the database; stores of the
   * same place give the same name. Absent: this store is its only user.
   */
  readonly sharedAs?: string;

  /** Opens and migrates. Called again after `close` it finds what was there; after a loss it begins anew. */
  open(userId: UserId): Promise<void>;
  close(): Promise<void>;

  /** Everything small, read once at start. */
  load(): Promise<LocalState>;

  /** Events of one conversation that are here, by conversationSeq. */
  events(query: LocalEventsQuery): Promise<Event[]>;

  transaction(changes: LocalChanges): Promise<void>;

  erase(): Promise<void>;

  /**
   * Whose data are here, also of versions that this build does not know; called after an `open`. Absent: not known, and a client
   * refuses `onOtherUser: 'erase'`.
   */
  users?(): Promise<readonly UserId[]>;
}

export interface LocalState {
  /** `null`: a new device. */
  readonly cursor: Cursor | null;
  readonly conversations: readonly ConversationRow[];
  /** By `order`, ascending. */
  readonly drafts: readonly Draft[];
}

/**
 * `after`: ascending from after + 1 · `before`: descending from before - 1 · neither: the newest, descending.
 * `limit` is at least 1.
 */
export interface LocalEventsQuery {
  readonly conversationId: ConversationId;
  readonly after?: number;
  readonly before?: number;
  readonly limit: number;
}

/** One transaction; parts are carried out in the order of the fields. */
export interface LocalChanges {
  /** First removes all conversations and events, never drafts: a snapshot follows. */
  readonly replace?: boolean;
  /** Inserted or replaced by conversationId. */
  readonly conversations?: readonly ConversationRow[];
  /** Inserted or replaced by (conversationId, conversationSeq). */
  readonly events?: readonly Event[];
  /** Inserted or replaced by clientMessageId. */
  readonly putDrafts?: readonly Draft[];
  /** Ids that are not there are ignored. */
  readonly removeDrafts?: readonly CommandId[];
  readonly cursor?: Cursor;
}

/** A message, or what is said of one (an edit, a reaction, that it is revoked) or set of its conversation, handed to the client and not yet known to be stored. */
export interface Draft {
  /** Of what is no message: its command id. */
  readonly clientMessageId: CommandId;
  readonly conversationId: ConversationId;
  /** Of what says nothing, such as a reaction: of no kind. */
  readonly message: Content<ContentMap>;
  /** Milliseconds since 1970, by this device. */
  readonly at: number;
  /** Ascending in the order of `send` calls of one tab; two tabs may give the same. */
  readonly order: number;
  /** The final error; `null` while the client will send it (again). */
  readonly failure: { readonly code: ErrorCode; readonly field: string | null; readonly detail: string } | null;
  /** How many times it was sent again after a final error; absent: 0. What was refused stays refused for earlier ones. */
  readonly retries?: number;
  /** The message that it replies to; absent: none. */
  readonly replyTo?: DraftTarget | undefined;
  /** Whom the message, or the edit, mentions; absent: nobody. */
  readonly mentions?: MentionsInput | undefined;
  /** What it edits; absent: no edit. */
  readonly edit?: DraftEdit;
  /** What it reacts to; absent: no reaction. */
  readonly reaction?: DraftReaction;
  /** What it revokes; absent: nothing. */
  readonly revoke?: DraftRevoke;
  /** What it sets of its conversation; absent: nothing. */
  readonly settings?: SettingsChange;
  /** What is uploaded before it is sent. Absent: nothing. */
  readonly attachments?: readonly DraftAttachment[];
}

/** A message by the id that its sender gave it: its place may not be known yet. */
export interface DraftTarget {
  readonly senderId: UserId;
  readonly clientMessageId: CommandId;
}

export interface DraftReaction {
  readonly target: DraftTarget;
  readonly key: string;
  readonly on: boolean;
}

export interface DraftRevoke {
  readonly target: DraftTarget;
  readonly reason?: string;
}

export interface DraftEdit {
  readonly target: DraftTarget;
  /** The version that the author saw; absent: any. */
  readonly expectedVersion?: number;
}

export interface DraftAttachment {
  /** What the application gave `send`: its upload hook finds the data by it, also after a restart. */
  readonly source: JsonValue;
  /** What the hook gave; absent until it is uploaded. */
  readonly uploaded?: JsonValue;
}
