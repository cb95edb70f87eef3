import type { ConversationItem } from '@tidemark/client';
import type { Kinds } from '../../server/content.ts';

export type Item = ConversationItem<Kinds>;
type Last = NonNullable<Item['lastMessage']>;

/** One line that says what a message holds, whatever its kind. */
export function summaryOf(message: Pick<Last, 'type' | 'content'>): string {
  const { type, content } = message as Last;
  if (type === 'text') return content.text;
  if (type === 'order') return `Order ${content.orderId}: ${content.quantity} × ${content.item}`;
  return 'A message this version cannot show';
}
