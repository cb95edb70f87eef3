import { type ConversationId, TidemarkError } from '@tidemark/core';
import { StrangerError } from '../deployment/stranger.ts';
import { decodeEnvelope, type ReplyAddress, replyAddressOf } from '../ingress/envelope.ts';
import type { StreamEntry } from '../ingress/ingress-stream.ts';
import type { ServerEventBus } from '../server-events.ts';
import type { Task } from './side-lanes.ts';

/** An entry that is not a command of this partition. */
export interface InvalidEntry {
  /** Where its reply goes; undefined when the entry does not say. */
  readonly address: ReplyAddress | undefined;
  /** Why it is parked; undefined for a command of a newer version, which its sender will queue again. */
  readonly reason: string | undefined;
  /** For the sender. */
  readonly error: TidemarkError;
}

/**
 * The task of an entry, or why it has none, and the error for its sender. Nothing in the queue is trusted. Part of stage 3.
 *
 * @param partition in which the entry stood
 */
export function readEntry(entry: StreamEntry, partition: number, rules: EntryRules): Task | InvalidEntry {
  const { commandBytes, deployment, events, partitionOf } = rules;
  try {
    if (entry.body.length > commandBytes) {
      const detail = `${entry.body.length} characters, at most ${commandBytes} bytes (limits.commandBytes)`;
      throw new TidemarkError('invalid_input', detail, { field: 'command' });
    }
    const envelope = decodeEnvelope(entry.body);
    if (envelope.of !== deployment) throw new StrangerError(envelope.of);
    const own = partitionOf(envelope.command.conversationId);
    if (own === partition) return { entry, envelope };
    const reason = `belongs to partition ${own}, and stood in ${partition}: does every process have as many?`;
    // Not final: its own partition would carry it out.
    return { address: envelope, reason, error: new TidemarkError('unavailable', `the command ${reason}`) };
  } catch (cause) {
    const address = replyAddressOf(entry.body);
    if (cause instanceof StrangerError) {
      events.emit('stranger-refused', { what: 'command', of: cause.of });
      const reason = `${cause.message}, and this one is ${deployment}`;
      // Not final: its own deployment may have carried it out.
      const detail = `the command was queued in Redis where ${reason}`;
      return { address, reason, error: new TidemarkError('unavailable', detail) };
    }
    const error = cause instanceof TidemarkError ? cause : new TidemarkError('invalid_input', String(cause));
    const reason = error.code === 'unavailable' ? undefined : error.message;
    return { address, reason, error };
  }
}

export interface EntryRules {
  /** Bytes of one entry at most. */
  readonly commandBytes: number;
  /** Its own deployment, in short (`stampOf`): commands of another one are not carried out. */
  readonly deployment: string;
  readonly partitionOf: (conversationId: ConversationId) => number;
  readonly events: ServerEventBus;
}
