import type { CommandId, ConversationId, UserId } from '../ids.ts';

/** A command that was refused for good, and what its sender was told. */
export interface RefusedCommand {
  readonly actorId: UserId;
  readonly commandId: CommandId;
  readonly conversationId: ConversationId;
  /** Which of the sender's intentions it was; see `SendMessage.retry`. Beside the command, part of the key. */
  readonly retry: number;
  /** The error as text: `code [field]: sentence`. */
  readonly text: string;
  /** When it was refused, in ms since 1970; retention counts from here. */
  readonly at: number;
}

/**
 * RefusalStore: a part of the history, since a refusal has to outlive whoever refused. A copy of a refused command may turn up
 * long afterwards, at a time when it would be allowed; its sender was told that it will not happen. To whoever implements it:
 *
 *  - (actorId, commandId, retry) is unique. One that is there stays, with the later `at`.
 *  - Nothing of it is asked for while commands are accepted: it need be fast for a few rows at a time, and for the newest.
 *  - Durability, errors and text are those of the history.
 */
export interface RefusalStore {
  /** Resolves when they are as durable as events are. */
  keepRefusals(refusals: readonly RefusedCommand[]): Promise<void>;

  /** Those refused at `since` or later, at most `limit`, the newest; in any order. */
  newestRefusals(since: number, limit: number): Promise<RefusedCommand[]>;

  /** Removes those refused before `before`, at most `limit`, and returns how many. */
  purgeRefusals(before: number, limit: number): Promise<number>;
}
