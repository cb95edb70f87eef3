import type { ConversationId, Event } from '@tidemark/core';
import type { ObservedOperation } from './observed-operation.ts';
import { isMessage } from './same-event.ts';
import type { Subject } from './violation.ts';

/** `g:01J… #7` */
export function place(ref: { readonly conversationId: string; readonly conversationSeq: number }): string {
  return `${ref.conversationId} #${ref.conversationSeq}`;
}

/** `message m-1 of alice` or `members.added of alice` */
export function named(event: Event): string {
  const what = isMessage(event) ? `message ${event.commandId}` : event.type;
  return `${what} of ${event.actorId}`;
}

export function aboutEvent(event: Event): Subject {
  const { conversationId, conversationSeq, commandId } = event;
  return { kind: 'message', conversationId, conversationSeq, operationId: commandId };
}

export function aboutPlace({
  conversationId,
  conversationSeq,
}: {
  readonly conversationId: ConversationId;
  readonly conversationSeq: number;
}): Subject {
  return { kind: 'message', conversationId, conversationSeq, operationId: null };
}

export function aboutOperation({ operation, operationId, oks }: ObservedOperation): Subject {
  const receipt = oks.find((ok) => ok.receipt)?.receipt;
  const conversationId = receipt?.conversationId ?? ('conversationId' in operation ? operation.conversationId : null);
  if (conversationId === null) return { kind: 'run' };
  return { kind: 'message', conversationId, conversationSeq: receipt?.conversationSeq ?? null, operationId };
}
