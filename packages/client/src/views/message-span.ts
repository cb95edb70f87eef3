import { bySeq } from '../local-store/event-chunks.ts';
import type { MessageEvent } from '../sync/registers.ts';

/** A stretch of one conversation: every message from..to that the user may see is in `messages`. Never changed, replaced. */
export interface MessageSpan {
  readonly from: number;
  readonly to: number;
  /** Nothing older exists for the user. */
  readonly isStart: boolean;
  /** It reaches to the newest message here, and takes what comes in. */
  readonly isEnd: boolean;
  /** Ascending. */
  readonly messages: readonly MessageEvent[];
}

/** The span with at most `limit` messages: the newest ones leave. */
export function dropNewest(span: MessageSpan, limit: number): MessageSpan {
  const dropped = span.messages[limit];
  if (!dropped) return span;
  return { ...span, to: dropped.conversationSeq - 1, isEnd: false, messages: span.messages.slice(0, limit) };
}

/** The span with at most `limit` messages: the oldest ones leave. */
export function dropOldest(span: MessageSpan, limit: number): MessageSpan {
  const dropped = span.messages.at(-limit - 1);
  if (!dropped) return span;
  return { ...span, from: dropped.conversationSeq + 1, isStart: false, messages: span.messages.slice(-limit) };
}

/** What came in among and after the messages of a span that reaches to the end; the same span when there is nothing new. */
export function takeIn(span: MessageSpan, incoming: readonly MessageEvent[]): MessageSpan {
  const known = new Map(span.messages.map((message) => [message.conversationSeq as number, message]));
  let isChanged = false;
  for (const message of incoming) {
    if (message.conversationSeq < span.from || known.get(message.conversationSeq) === message) continue;
    known.set(message.conversationSeq, message);
    isChanged = true;
  }
  if (!isChanged) return span;
  const messages = [...known.values()].sort(bySeq);
  return { ...span, to: Math.max(span.to, messages.at(-1)?.conversationSeq ?? 0), messages };
}
