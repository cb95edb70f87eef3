import {
  type Command,
  type ConversationId,
  carriedBy,
  commandKey,
  type Event,
  type EventRef,
  erasedBy,
  type HistoryStore,
  type MessageTarget,
  type RegisterKey,
  refKey,
} from '@tidemark/core';
import { commandDefinitionOf } from '../features/commands.ts';
import { decodeEnvelope } from '../ingress/envelope.ts';
import type { ErasedMessage } from '../server-events.ts';

/** Bytes of contents of edits in one event. */
const CONTENT_BYTES = 16 * 1024 * 1024;

type Reads = Pick<HistoryStore, 'findByRef' | 'findRegisters'>;

/**
 * The messages that these events erase, with all that they have said: of a batch before it is committed, or of one that was carried out,
 * when nothing of that is left. Part of stage 3.
 *
 * @param isTold somebody hears of what they said, edits included
 */
export async function readErased(history: Reads, events: readonly Event[], isTold: boolean): Promise<ErasedMessage[]> {
  const messages = events.flatMap(erasedBy);
  if (messages.length === 0) return [];
  const stored = await history.findByRef(messages);
  const edits = isTold ? await editsOf(history, messages) : [];
  const known = [...stored, ...edits, ...events];
  return messages.flatMap((message) => {
    const event = known.find((each) => refKey(each) === refKey(message));
    const contents = known.flatMap((each) => {
      const carried = carriedBy(each);
      return carried && refKey(carried) === refKey(message) ? [carried.message] : [];
    });
    return event ? [{ ...erasedMessage(event), contents }] : [];
  });
}

/** In the order of their versions. */
async function editsOf(history: Reads, messages: readonly EventRef[]): Promise<Event[]> {
  const edited = await history.findRegisters(messages.map((message) => keyOf(message, 'content', '')));
  const keys = edited.flatMap(({ conversationId, target, value }) => {
    const { version } = value as { version: number };
    const message = { conversationId, conversationSeq: target as EventRef['conversationSeq'] };
    return Array.from({ length: version - 1 }, (_, nth) => keyOf(message, 'version', String(nth + 2)));
  });
  if (keys.length === 0) return [];
  const places = (await history.findRegisters(keys)).sort((a, b) => a.seq - b.seq);
  const refs = places.map(({ conversationId, seq }) => ({ conversationId, conversationSeq: seq }));
  return history.findByRef(refs, CONTENT_BYTES);
}

function keyOf({ conversationId, conversationSeq }: EventRef, name: 'content' | 'version', key: string): RegisterKey {
  return { conversationId, target: conversationSeq, name, key, owner: null };
}

function erasedMessage(event: Event): Omit<ErasedMessage, 'contents'> {
  const { conversationId, conversationSeq, actorId: senderId, commandId } = event;
  const { messageId } = event as { readonly messageId?: ErasedMessage['messageId'] };
  return { conversationId, conversationSeq, senderId, ...({ messageId, clientMessageId: commandId } as Ids) };
}

type Ids = Pick<ErasedMessage, 'messageId' | 'clientMessageId'>;

/** Whether an entry of the queue holds one of these messages, or something that is said of it. */
export function saysAnyOf(erased: readonly ErasedMessage[]): (body: string) => boolean {
  const conversations = [...new Set(erased.map(({ conversationId }) => JSON.stringify(conversationId)))];
  const places = new Set(erased.map(refKey));
  const ids = new Set(
    erased.map(({ senderId: actorId, clientMessageId: commandId }) => commandKey({ actorId, commandId })),
  );
  const isOne = (conversationId: ConversationId, target: MessageTarget): boolean =>
    'seq' in target
      ? places.has(refKey({ conversationId, conversationSeq: target.seq }))
      : ids.has(commandKey({ actorId: target.senderId, commandId: target.clientMessageId }));
  return (body) => {
    // Few are read.
    if (!conversations.some((conversationId) => body.includes(conversationId))) return false;
    const command = readCommand(body);
    if (!command) return false;
    const { targets = [] } = commandDefinitionOf(command).subjects?.(command) ?? {};
    return ids.has(commandKey(command)) || targets.some((target) => isOne(command.conversationId, target));
  };
}

/** Undefined where it is none: nobody carries that out. */
function readCommand(body: string): Command | undefined {
  try {
    return decodeEnvelope(body).command;
  } catch {
    return undefined;
  }
}
