import { isBlank } from '@tidemark/content';
import { Icon } from '../ui/icon.tsx';
import { euros } from '../ui/money.ts';
import { FileContent, ImageContent } from './file-content.tsx';
import styles from './message-content.module.css';
import type { Item } from './rows.ts';

/** One component per kind; the union of the kinds makes the compiler ask for each. */
export function MessageContent({ item }: { readonly item: Item }) {
  switch (item.type) {
    case 'text':
      return <Text text={item.content.text} />;
    case 'image':
      return <ImageContent item={item} />;
    case 'file':
      return <FileContent item={item} />;
    case 'order':
      return <OrderCard {...item.content} />;
    case 'unknown':
      return (
        <p className={styles.unknown}>A message of the kind “{item.content.type}”: this version cannot show it yet.</p>
      );
  }
}

const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/;
const FEW_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\u{fe0f})?(?:\u{200d}\p{Extended_Pictographic}\u{fe0f}?)*\s?){1,4}$/u;

function Text({ text }: { readonly text: string }) {
  // Stored by a server that took it; an empty bubble would look like a fault of the page.
  if (isBlank(text)) return <p className={styles.unknown}>A message without anything to see</p>;
  return (
    <p className={styles.text} data-large={FEW_EMOJI.test(text) || undefined} dir="auto">
      {piecesOf(text).map(({ at, part, isLink }) =>
        isLink ? (
          <a key={at} href={part} target="_blank" rel="noreferrer">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  );
}

/** Every second part of the split is what the pattern caught. */
function piecesOf(text: string) {
  let at = 0;
  return text.split(LINK).map((part, index) => {
    const piece = { at, part, isLink: index % 2 === 1 };
    at += part.length;
    return piece;
  });
}

interface OrderProps {
  readonly orderId: string;
  readonly item: string;
  readonly quantity: number;
  readonly total: number;
}

function OrderCard({ orderId, item, quantity, total }: OrderProps) {
  return (
    <div className={styles.order}>
      <p className={styles.orderHead}>
        <Icon name="bag" size={18} />
        Order {orderId}
      </p>
      <div className={styles.orderLine}>
        <span>
          {quantity} × {item}
        </span>
        <b>{euros(total)}</b>
      </div>
    </div>
  );
}
