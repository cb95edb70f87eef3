import type { ConversationItem } from '@tidemark/client';
import { previewOf } from '@tidemark/content';
import type { Content } from '@tidemark/core';
import type { Kinds, KindsIn } from '../account/session.ts';

export type Item = ConversationItem<Kinds>;
type Last = NonNullable<Item['lastMessage']>;

/** One line that says what a message holds, whatever its kind. */
export function summaryOf(message: Pick<Last, 'type' | 'content' | 'revoked'> | Content<KindsIn>): string {
  const { type, content, revoked } = message as Last;
  if (revoked) return 'Message taken back';
  if (type === 'text') return content.text;
  if (type === 'image' || type === 'file') return previewOf({ type, content }) ?? '';
  if (type === 'order') return `Order ${content.orderId}: ${content.quantity} × ${content.item}`;
  return 'A message this version cannot show';
}
