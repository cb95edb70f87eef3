/**
 * What is sent and delivered: the same in every system, whose own envelopes stand around it. The text begins with the
 * message's number, by which a receiver recognises it.
 */

const NUMBER = 10;
const TEXT = 160;
const FILLER = 'The quick brown fox jumps over the lazy dog, and then it rests. '.repeat(3).slice(0, TEXT - NUMBER);

export function textOf(number: number): string {
  return String(number).padStart(NUMBER, '0') + FILLER;
}

export function numberIn(text: string): number {
  return Number(text.slice(0, NUMBER));
}

/** An entry as Tidemark delivers it, for the servers that have none of their own. */
export function entryOf(seq: number, from: string, to: string, id: string, text: string) {
  const messageId = `01BENCH${String(seq).padStart(19, '0')}`;
  const head = { conversationId: to, conversationSeq: seq, actorId: from, commandId: id, at: Date.now() };
  return { seq, event: { type: 'message.sent', ...head, messageId, message: { type: 'text', content: { text } } } };
}

/** Of the length of Tidemark's, for the servers that have none of their own. */
export function cursorOf(seq: number): string {
  return `0123456789abcdef0123456789abcdef:${seq}`;
}

export type Entry = ReturnType<typeof entryOf>;

export function receiptOf({ event }: Entry) {
  const { messageId, commandId, conversationId, conversationSeq, actorId, at } = event;
  return { messageId, clientMessageId: commandId, conversationId, conversationSeq, senderId: actorId, at };
}
