import type {
  CommandId,
  ContentMap,
  ConversationId,
  Cursor,
  Event,
  InboxEntry,
  MessageId,
  Receipt,
  ResetReason,
  Seq,
  UserId,
} from '@tidemark/core';

/**
 * History: what a run of the system under test looked like to those outside it. JSON lines, one record a line; each
 * observer (a device, a server's tap, the harness) writes a file of its own and flushes each line before it goes on, so
 * that a killed observer loses at most what it had not seen happen. The checker reads all files of a folder.
 *
 *  - `at` is in milliseconds of the machine's monotonic clock (`performance.timeOrigin` plays no part): comparable between
 *    processes of one machine, and untouched by faults of wall clocks. Judgements rest on order within one observer and on
 *    real-time order between them, never on durations.
 *  - What an observer tells of itself it tells after it happened: `apply` after the local commit, `ok` after the receipt.
 *  - A record says what was seen, not what was meant: the checker alone judges.
 */
export type HistoryRecord = RunRecord | OperationRecord | DeviceRecord | ServerRecord | HarnessRecord | DumpRecord;

/** The records of one type. */
export type RecordOf<T extends HistoryRecord['type']> = Extract<HistoryRecord, { readonly type: T }>;

interface RecordHead {
  readonly at: number;
  /** Who saw it, e.g. `device alice/2`, `server 0`, `harness`. */
  readonly by: string;
}

/** First line of the harness: what was run. */
export interface RunRecord extends RecordHead {
  readonly type: 'run';
  readonly configuration: string;
  readonly seed: number;
  readonly seconds: number;
  /** Users and the ids of their devices. */
  readonly devices: Readonly<Record<string, readonly string[]>>;
  /** How long the system keeps inbox entries, in ms; messages older than that may be gone from inboxes. */
  readonly retentionMs: number;
}

/** What a device was asked to do. */
export type Operation =
  | {
      readonly kind: 'send';
      readonly conversationId: ConversationId;
      readonly type: string;
      readonly text: string;
      /** It replies to a message that the device knew. */
      readonly isReply?: true;
    }
  | {
      readonly kind: 'edit';
      readonly conversationId: ConversationId;
      /** clientMessageId of the message, which is the user's own. */
      readonly target: string;
    }
  | {
      readonly kind: 'react';
      readonly conversationId: ConversationId;
      /** clientMessageId of the message, which may be anybody's. */
      readonly target: string;
      readonly key: string;
      readonly on: boolean;
    }
  | {
      readonly kind: 'revoke';
      readonly conversationId: ConversationId;
      /** clientMessageId of the message. */
      readonly target: string;
    }
  | { readonly kind: 'create'; readonly memberIds: readonly UserId[] }
  | { readonly kind: 'add' | 'remove'; readonly conversationId: ConversationId; readonly memberIds: readonly UserId[] }
  | { readonly kind: 'leave'; readonly conversationId: ConversationId }
  | { readonly kind: 'read'; readonly conversationId: ConversationId; readonly readSeq: number };

/**
 * The life of an operation. `operationId` is unique in the run; that of a send is its clientMessageId, that of what is said of a message its commandId. Every invoke ends in
 * at most one of ok, fail and unknown; a device that is killed leaves it open, which counts as unknown. A send that was
 * unknown may become ok later, when the same device learns its receipt.
 */
export type OperationRecord = RecordHead & {
  readonly userId: UserId;
  readonly deviceId: string;
  readonly operationId: string;
} & (
    | { readonly type: 'invoke'; readonly operation: Operation }
    /** `receipt` of a send; `conversationId` of a create. */
    | { readonly type: 'ok'; readonly receipt?: Receipt; readonly conversationId?: ConversationId }
    /** Refused for good: it did not happen and will not. */
    | { readonly type: 'fail'; readonly code: string; readonly detail: string }
    | { readonly type: 'unknown'; readonly detail: string }
  );

export type DeviceRecord = RecordHead & {
  readonly userId: UserId;
  readonly deviceId: string;
} /** The client started; `cursor` and `conversations` (highest conversationSeq held of each) are what its local store held. */ & (
    | { readonly type: 'resume'; readonly cursor: Cursor | null; readonly held: Readonly<Record<string, number>> }
    /** Entries are in the local store, and `cursor` with them, in the order they were applied. */
    | { readonly type: 'apply'; readonly entries: readonly InboxEntry<ContentMap>[]; readonly cursor: Cursor }
    /** The client was told to rebuild, did so from a snapshot, and said so. */
    | { readonly type: 'reset'; readonly reason: ResetReason; readonly cursor: Cursor }
    /** Caught up. */
    | { readonly type: 'live'; readonly cursor: Cursor }
    /** The client knows of missing entries and is fetching them. */
    | { readonly type: 'gap'; readonly after: number; readonly upTo: number }
  );

/** What the server's own events said (`messaging.on`), and what the process holds. */
export type ServerRecord = RecordHead &
  (
    | { readonly type: 'server-event'; readonly event: string; readonly payload: unknown }
    | { readonly type: 'memory'; readonly heldBytes: number; readonly sockets: number }
    /** A batch as the store took it or did not: who tried, which events, and what came of it. */
    | {
        readonly type: 'commit';
        readonly events: readonly CommittedEvent[];
        readonly outcome: 'stored' | 'conflict' | 'failed';
        /** When the attempt began, by the clock of `at`. Without it the attempt is taken to have begun long before. */
        readonly startedAt?: number;
      }
    /** A frame with these events left for a node. */
    | {
        readonly type: 'publish';
        readonly events: readonly { readonly conversationId: ConversationId; readonly conversationSeq: number }[];
      }
  );

/** Where an event stands, and what it is: another may stand there once the store was set back. */
export interface CommittedEvent {
  readonly conversationId: ConversationId;
  readonly conversationSeq: number;
  readonly commandId?: CommandId | null;
  readonly messageId?: MessageId;
}

export type HarnessRecord = RecordHead &
  /** `until` ends a fault that lasts; a fault of a moment has no `heal`. `target` e.g. `server 1`, `redis`, `device bob/1`. */
  (
    | { readonly type: 'fault'; readonly faultId: string; readonly kind: string; readonly target: string }
    | { readonly type: 'heal'; readonly faultId: string; readonly kind: string; readonly target: string }
    /** A fault of that id could not be brought about: it did not happen. */
    | {
        readonly type: 'not-injected';
        readonly faultId: string;
        readonly kind: string;
        readonly target: string;
        readonly reason: string;
      }
    /** A process ended: killed by a fault, or by itself (`unexpected`). */
    | { readonly type: 'crash'; readonly target: string; readonly signal: string | null; readonly unexpected: boolean }
    | { readonly type: 'start'; readonly target: string; readonly pid: number }
    /** All faults are over and every process runs. */
    | { readonly type: 'healed' }
    /** Nothing moves any more: every device is live, and its cursor is the head of its user's inbox. */
    | { readonly type: 'quiet' }
    /** Quiet did not come in time. `waitingFor` says who or what was behind. */
    | { readonly type: 'not-quiet'; readonly waitingFor: string }
  );

/** Read at the end, after `quiet`. */
export type DumpRecord =
  /** What a device shows its user. `fresh`: a device that was new after the end. */
  | (RecordHead & {
      readonly type: 'device-dump';
      readonly userId: UserId;
      readonly deviceId: string;
      readonly fresh: boolean;
      readonly cursor: Cursor | null;
      readonly conversations: readonly DumpedConversation[];
      /** Drafts that are still there: pending or failed. */
      readonly drafts: readonly { readonly clientMessageId: string; readonly failed: boolean }[];
    })
  /** A conversation's log as the history store has it, and its memberships. */
  | (RecordHead & {
      readonly type: 'log-dump';
      readonly conversationId: ConversationId;
      readonly events: readonly Event<ContentMap>[];
    })
  /** A user's inbox as the inbox store has it. `floor`: seqs up to it were removed by retention. */
  | (RecordHead & {
      readonly type: 'inbox-dump';
      readonly userId: UserId;
      readonly epoch: string;
      readonly head: number;
      readonly floor: number;
      readonly entries: readonly {
        readonly seq: Seq;
        readonly conversationId: ConversationId | null;
        readonly conversationSeq: number | null;
      }[];
    });

/** A conversation as a device has it after it loaded all of its history. */
export interface DumpedConversation {
  readonly conversationId: ConversationId;
  readonly member: boolean;
  readonly head: number;
  readonly joinedSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  /** Absent from histories before mentions. */
  readonly unreadMentions?: number;
  /** All events held, by conversationSeq. */
  readonly events: readonly Event<ContentMap>[];
  /** What is held of messages that were edited. Absent from histories before edits. */
  readonly edited?: readonly DumpedEdit[];
  /** The reactions to the messages held. Absent from histories before reactions. */
  readonly reactions?: readonly DumpedReaction[];
  /** Places of the messages that are shown as tombstones. Absent from histories before revokes. */
  readonly revoked?: readonly number[];
}

/** A reaction to a message as a device shows it. */
export interface DumpedReaction {
  /** Of the message. */
  readonly conversationSeq: number;
  readonly key: string;
  readonly count: number;
  /** Who reacted last, the last first. */
  readonly newest: readonly UserId[];
  /** Whether the device's user is among them. */
  readonly mine: boolean;
}

/** Which version of a message a device shows. */
export interface DumpedEdit {
  /** Of the message. */
  readonly conversationSeq: number;
  /** conversationSeq of the edit. */
  readonly seq: number;
  readonly version: number;
}
