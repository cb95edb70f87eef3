import type { CommandId, ConversationId, ConversationSeq, UserId } from '../ids.ts';

/** What every event has. */
export interface EventHead {
  readonly conversationId: ConversationId;
  readonly conversationSeq: ConversationSeq;
  /** Who caused it. */
  readonly actorId: UserId;
  /**
   * The command that caused it; unique per actor. `null` for an event that a command brought along
   * (the creation of a direct conversation by its first message).
   */
  readonly commandId: CommandId | null;
  /** Milliseconds since 1970, by the clock of the writer; never decreases within a conversation. */
  readonly at: number;
}

/** What every command has. */
export interface CommandHead {
  /** The conversation whose writer decides it. */
  readonly conversationId: ConversationId;
  readonly actorId: UserId;
  readonly commandId: CommandId;
  /**
   * The application asks, and its actor need not be a member: in a direct conversation or a group they may do what its owner may, and
   * see what its first member saw. Absent: the actor asks.
   */
  readonly privileged?: true | undefined;
}
