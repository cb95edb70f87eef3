import type { CommandResult } from './command.ts';
import type { Content, ContentMap } from './content.ts';
import type { ConversationSummary } from './conversation.ts';
import type { Event } from './features/events.ts';
import type { Register } from './features/registers.ts';
import type { SettingsChange } from './features/settings.ts';
import type { ConversationId, ConversationSeq, Cursor, UserId } from './ids.ts';
import type { FeedItem, InboxPage } from './inbox.ts';
import type { EditedContent, Quote, Receipt } from './message.ts';

/** A call by its kind, with what it takes and what it answers; a subscription answers many times. */
export interface Call<Kind extends 'query' | 'mutation' | 'subscription', Input, Output> {
  readonly kind: Kind;
  readonly input: Input;
  readonly output: Output;
}

type Query<Input, Output> = Call<'query', Input, Output>;
type Mutation<Input, Output> = Call<'mutation', Input, Output>;

/**
 * The calls of messaging: the server's procedures and what a client calls are both made from it.
 *
 * @typeParam In  content kinds as senders write them
 * @typeParam Out content kinds as they are stored and delivered
 */
export interface Calls<In, Out> {
  /** Sends a message. Resolves when it is stored, with the same receipt for the same clientMessageId. */
  send: Mutation<SendInput<In>, Receipt>;
  /** Gives a message of one's own another content. Resolves when that is stored, with the same result for the same commandId. */
  edit: Mutation<EditInput<In>, CommandResult>;
  /** Switches a reaction of the caller to a message on or off. Resolves when that is stored; what is so already changes nothing. */
  react: Mutation<ReactInput, CommandResult>;
  /**
   * Takes messages back for everybody: of each a tombstone is left, and what it said is erased. The caller's own, or those of others in
   * a group where the caller may. Resolves when that is stored; what is revoked already changes nothing.
   */
  revoke: Mutation<RevokeInput, CommandResult>;
  /** Pins a message in its conversation, for all, or takes that back. Resolves when that is stored; what is so already changes nothing. */
  pin: Mutation<PinInput, CommandResult>;
  /**
   * Reports a message that the caller sees to the application, with a copy of it as it is now. Resolves when the application has taken
   * it, with when it was reported in ms since 1970; `forbidden` where it takes none.
   */
  report: Mutation<ReportInput, { at: number }>;
  inbox: {
    /** Entries after the cursor, at most `limit` (limits.page unless set) and of limits.pageBytes; or a reset when it cannot be continued from. */
    since: Query<SinceInput, InboxPage<Out>>;
    /** The cursor of the newest entry. */
    head: Query<void, { cursor: Cursor }>;
    /** The live feed: catch-up after the cursor, then live. Every item is tracked with the cursor to resume from. */
    feed: Call<'subscription', FeedInput | undefined, { id: string; data: FeedItem<Out> }>;
  };
  conversations: {
    /** Conversations of the caller, the most recently active first. `page` is the nextPage of the page before. */
    list: Query<PageInput | undefined, ConversationPage<Out>>;
    get: Query<{ conversationId: string }, ConversationSummary<Out>>;
    /** Members now, by the order in which they joined. `page` is the nextPage of the page before. */
    members: Query<{ conversationId: string } & PageInput, MemberPage>;
    /** Makes sure that the direct conversation with another user exists. Sending to it does so too. */
    openDirect: Mutation<{ userId: string }, CommandResult>;
    /** Creates a group of the caller and `memberIds`. A repeated commandId returns the group made the first time. */
    createGroup: Mutation<
      { title?: string | null | undefined; memberIds: string[]; commandId?: string | undefined },
      CommandResult
    >;
    /** Any member may add members. */
    addMembers: Mutation<MembersInput, CommandResult>;
    /** The creator of a group may remove members; anyone may remove themselves. */
    removeMembers: Mutation<MembersInput, CommandResult>;
    leave: Mutation<{ conversationId: string; commandId?: string | undefined }, CommandResult>;
    /**
     * Events the caller may see, by conversationSeq: `after` ascending, `before` descending, neither: the newest,
     * descending. One may see what happened while one was a member.
     */
    history: Query<HistoryInput, HistoryPage<Out>>;
    /** What a message has said, the newest version first. */
    versions: Query<VersionsInput, VersionPage<Out>>;
    /** Who has reacted to a message with a key, the last to do so first. */
    reactions: Query<ReactionsInput, ReactionPage>;
    /** The pinned messages of a conversation of the caller as they are now, the last that was pinned first. */
    pins: Query<{ conversationId: string }, PinPage<Out>>;
    /**
     * Sets how the caller sees a conversation, on all their devices: what is not given stays as it is. Resolves when it is stored, with the
     * same result for the same commandId, whose place is in the caller's own conversation.
     */
    setSettings: Mutation<SettingsInput, CommandResult>;
    /**
     * Moves the caller's read mark forward to readSeq, at most to the conversation's head. A conversation that they marked unread is so no
     * more.
     */
    markRead: Mutation<
      { conversationId: string; readSeq: number },
      { conversationId: ConversationId; readSeq: number }
    >;
  };
}

/**
 * A message to send, by its kind. `replyTo` is an earlier message of the conversation that the caller sees; `message_not_found` otherwise.
 * `mentions` names whom it mentions; who is no member is left out.
 * `retry`, 0 unless set, is raised by one when a person sends a refused message again under its id.
 */
export type SendInput<In = ContentMap> = {
  conversationId: string;
  clientMessageId: string;
  replyTo?: TargetInput | undefined;
  mentions?: MentionsInput | undefined;
  retry?: number | undefined;
} & Content<In>;

/** Which message is meant: by its conversationSeq, or by the ids that its sender gave it. */
export type TargetInput = { seq: number } | { senderId: string; clientMessageId: string };

/** Whom a message mentions. At most `limits.mentions` users; `all` and `here` take a permission in larger groups. */
export interface MentionsInput {
  /** Default: nobody by name. */
  users?: readonly string[] | undefined;
  /** Every member. */
  all?: boolean | undefined;
  /** Every member, of whom those are to be alerted who are there. */
  here?: boolean | undefined;
}

/** A message of one's own, and what it says and whom it mentions from now on. Fails with `conflict` unless it has the expected version. */
export type EditInput<In = ContentMap> = {
  conversationId: string;
  target: TargetInput;
  mentions?: MentionsInput | undefined;
  expectedVersion?: number | undefined;
  commandId?: string | undefined;
} & Content<In>;

/** A message, and a reaction to it. */
export interface ReactInput {
  conversationId: string;
  target: TargetInput;
  /** 1–64 bytes of UTF-8 without blanks and control characters. */
  key: string;
  /** Default true; false takes it back. */
  on?: boolean | undefined;
  commandId?: string | undefined;
}

/** Messages to take back: all of them are, or none is. */
export interface RevokeInput {
  conversationId: string;
  /** 1–100. */
  targets: readonly TargetInput[];
  /** Shown with the tombstones: 1–200 characters. */
  reason?: string | undefined;
  commandId?: string | undefined;
}

/** A message, and whether it is pinned. */
export interface PinInput {
  conversationId: string;
  target: TargetInput;
  /** Default true; false takes it back. */
  on?: boolean | undefined;
  commandId?: string | undefined;
}

/** A message, and what is wrong with it. */
export interface ReportInput {
  conversationId: string;
  /** conversationSeq of the message. */
  seq: number;
  /** For programs: 1 to 64 of `a-z 0-9 _ . -`, such as `spam`. */
  reason: string;
  /** For people: 1 to 2,000 characters. */
  text?: string | undefined;
}

/** A conversation of the caller's, and those of its settings that change. */
export interface SettingsInput extends SettingsChange {
  conversationId: string;
  commandId?: string | undefined;
}

/** Without those that the caller may not see, since they were sent before they joined. */
export interface PinPage<Out = ContentMap> {
  readonly pins: readonly PinnedMessage<Out>[];
  /** conversationSeq of the event that decided what is pinned; 0: none did. A later `pin.changed` goes before it. */
  readonly asOf: number;
}

export interface PinnedMessage<Out = ContentMap> extends Quote<Out> {
  /** Who pinned it. */
  readonly pinnedBy: UserId;
}

/** `before`: those who reacted before that event; otherwise from the newest. */
export interface ReactionsInput {
  conversationId: string;
  /** conversationSeq of the message. */
  seq: number;
  key: string;
  before?: number | undefined;
  limit?: number | undefined;
}

export interface ReactionPage {
  readonly reactors: readonly Reactor[];
  readonly hasMore: boolean;
}

export interface Reactor {
  readonly userId: UserId;
  /** conversationSeq of the event with which they reacted. */
  readonly seq: ConversationSeq;
}

/** `before`: versions below it; otherwise from the newest. */
export interface VersionsInput {
  conversationId: string;
  /** conversationSeq of the message. */
  seq: number;
  before?: number | undefined;
  limit?: number | undefined;
}

export interface VersionPage<Out = ContentMap> {
  readonly versions: readonly EditedContent<Out>[];
  readonly hasMore: boolean;
}

interface SinceInput extends WireInput {
  cursor?: string | null | undefined;
  limit?: number | undefined;
}

interface FeedInput extends WireInput {
  cursor?: string | null | undefined;
  /** Goes before `cursor`; tRPC fills it in when it resumes. */
  lastEventId?: string | null | undefined;
}

interface WireInput {
  /** The wire version that the client speaks (`WIRE_VERSION`). Release 0.1 does not say, and does not take it. */
  wire?: number | undefined;
}

interface PageInput {
  limit?: number | undefined;
  /** The nextPage of the page before. */
  page?: string | null | undefined;
}

export interface MembersInput {
  conversationId: string;
  memberIds: string[];
  commandId?: string | undefined;
}

/** `after`: ascending from after + 1 · `before`: descending from before - 1 · neither: the newest, descending. */
export interface HistoryInput {
  conversationId: string;
  after?: number | undefined;
  before?: number | undefined;
  limit?: number | undefined;
}

export interface HistoryPage<Out = ContentMap> {
  readonly events: readonly Event<Out>[];
  /**
   * How messages among them are now, as far as that differs from how they were sent: those of `SHOWN_REGISTERS`, and the caller's own
   * of what they count.
   */
  readonly registers: readonly Register<Out>[];
  /**
   * The messages that messages among them reply to, and that are not among them themselves; without those that the caller may not see.
   * They are not older than `asOf`.
   */
  readonly quotes: readonly Quote<Out>[];
  /**
   * conversationSeq of the last event that the registers know of: of later ones that one has met before, they know nothing. 0 with no
   * events.
   */
  readonly asOf: number;
  readonly hasMore: boolean;
}

export interface ConversationPage<Out = ContentMap> {
  readonly conversations: readonly ConversationSummary<Out>[];
  /** Hand it back for the next page; null after the last. */
  readonly nextPage: string | null;
}

export interface MemberPage {
  readonly members: readonly Member[];
  readonly nextPage: string | null;
}

export interface Member {
  readonly userId: UserId;
  readonly joinedSeq: ConversationSeq;
}
