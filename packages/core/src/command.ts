import type { Command } from './features/commands.ts';
import type { ConversationId, ConversationSeq, MessageId } from './ids.ts';

/** Which taking-up of its intention this is; see `SendMessage.retry`. */
export function retryOf(command: Command): number {
  return command.type === 'message.send' ? (command.retry ?? 0) : 0;
}

/** What became of a command that was carried out. */
export interface CommandResult {
  readonly conversationId: ConversationId;
  /** Of its event; for a command that changed nothing (a repeat of a state), the conversation's head. */
  readonly conversationSeq: ConversationSeq;
  readonly at: number;
  /** Messages only. */
  readonly messageId: MessageId | null;
}
