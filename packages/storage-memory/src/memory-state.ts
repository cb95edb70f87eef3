import type {
  Conversation,
  ConversationHead,
  ConversationId,
  Epoch,
  Event,
  EventRef,
  InboxRow,
  Membership,
  RefusedCommand,
  Register,
  StoreIdentity,
  UserId,
} from '@tidemark/core';

/**
 * Everything the memory stores know. Stores opened on the same state see the same contents, as two processes on one
 * database do; a "restart" is a second store on the first one's state. Made by {@link createMemoryState}; its fields
 * are for tests and debuggers.
 */
export interface MemoryState {
  epoch: Epoch;
  /** Of the history in it. */
  readonly identity: StoreIdentity;
  /** The history of which the inboxes hold rows, once it is known. */
  boundTo: StoreIdentity | undefined;
  /** The log and what `project` derives from it, by conversation. */
  readonly conversations: Map<ConversationId, ConversationTable>;
  /** Which conversations a user ever was in. */
  readonly conversationsOf: Map<UserId, Set<ConversationId>>;
  /** `<actorId> <commandId>` → event: neither id can hold a space. */
  readonly commands: Map<string, Event>;
  /** `<userId> <conversationId>` → readSeq. */
  readonly readMarks: Map<string, number>;
  /** Those that are set, by `registerKey`. */
  readonly registers: Map<string, Register>;
  /** Their keys by `groupOf`. */
  readonly registerGroups: Map<string, Set<string>>;
  readonly inboxes: Map<UserId, InboxTable>;
  /** Events whose rows may be missing in an inbox elsewhere, by `refKey`. */
  readonly undelivered: Map<string, EventRef>;
  /** `<actorId> <commandId> <retry>` → what was refused, in no order. */
  readonly refusals: Map<string, RefusedCommand>;
}

export interface ConversationTable {
  /** By conversationSeq. */
  readonly log: Map<number, Event>;
  readonly stays: Membership[];
  conversation: Conversation | undefined;
  head: ConversationHead;
}

export interface InboxTable {
  /** By seq. */
  readonly rows: Map<number, InboxRow>;
  /** `<conversationId> <conversationSeq>` → the row that delivers it. */
  readonly deliveries: Map<string, InboxRow>;
  /** Highest seq that retention removed. */
  floor: number;
  /** Highest seq ever written; outlives its row. */
  head: number;
}

/** An empty state. @param epoch 1–32 letters and digits; by default 32 random hexadecimal digits. */
export function createMemoryState(epoch: string = randomId()): MemoryState {
  if (!/^[A-Za-z0-9]{1,32}$/.test(epoch)) throw new TypeError('epoch must be 1 to 32 letters and digits');
  return {
    epoch: epoch as Epoch,
    identity: randomId() as StoreIdentity,
    boundTo: undefined,
    conversations: new Map(),
    conversationsOf: new Map(),
    commands: new Map(),
    readMarks: new Map(),
    registers: new Map(),
    registerGroups: new Map(),
    inboxes: new Map(),
    undelivered: new Map(),
    refusals: new Map(),
  };
}

/** 32 hexadecimal digits. */
export function randomId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
