import { type Command, type NodeId, TidemarkError } from '@tidemark/core';
import { command as commandSchema, parseWire } from '@tidemark/core/wire';

/** A command as it stands in the stream, with where its reply goes. */
export interface Envelope {
  readonly command: Command;
  readonly replyTo: NodeId;
  /** Names the waiting call on that node. */
  readonly call: string;
}

export function encodeEnvelope(envelope: Envelope): string {
  return JSON.stringify(envelope);
}

/** Throws TidemarkError `invalid_input` for what no version of this library wrote. */
export function decodeEnvelope(body: string): Envelope {
  let value: { command?: unknown; replyTo?: unknown; call?: unknown } | null;
  try {
    value = JSON.parse(body) as typeof value;
  } catch (cause) {
    throw new TidemarkError('invalid_input', 'is not JSON', { field: 'envelope', cause });
  }
  const { replyTo, call } = value ?? {};
  if (typeof replyTo !== 'string' || typeof call !== 'string') {
    throw new TidemarkError('invalid_input', 'must name replyTo and call', { field: 'envelope' });
  }
  return { command: parseWire(commandSchema, value?.command) as Command, replyTo: replyTo as NodeId, call };
}
