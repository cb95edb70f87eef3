import { type CommandResult, type Event, parseErrorText, type Seq, TidemarkError, type UserId } from '@tidemark/core';

/** What one node is told after a commit: events for the feeds it holds, and replies for the calls that wait on it. */
export interface NodeFrame {
  readonly deliveries: readonly NodeDelivery[];
  readonly replies: readonly Reply[];
}

/** An event with the seq at which each of this node's users finds it. The body travels once per node. */
export interface NodeDelivery {
  readonly event: Event;
  readonly to: readonly (readonly [UserId, Seq])[];
}

export type Reply =
  | { readonly call: string; readonly result: CommandResult }
  | { readonly call: string; readonly error: TidemarkError };

interface EncodedReply {
  readonly call: string;
  readonly result?: CommandResult;
  readonly error?: string;
}

export function encodeNodeFrame(frame: NodeFrame): string {
  const replies: EncodedReply[] = frame.replies.map((reply) =>
    'result' in reply ? reply : { call: reply.call, error: reply.error.message },
  );
  return JSON.stringify({ deliveries: frame.deliveries, replies });
}

/** Throws on what is not a frame; the caller drops it, since feeds find out by comparing heads. */
export function decodeNodeFrame(text: string): NodeFrame {
  const { deliveries, replies } = JSON.parse(text) as { deliveries: NodeDelivery[]; replies: EncodedReply[] };
  return {
    deliveries,
    replies: replies.map(({ call, result, error }) =>
      result
        ? { call, result }
        : { call, error: parseErrorText(error ?? '') ?? new TidemarkError('unavailable', `${error}`) },
    ),
  };
}
