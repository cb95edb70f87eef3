import type { QuotedMessage } from '@tidemark/client/replies';
import type { Kinds } from '../account/session.ts';
import { summaryOf } from '../conversations/preview.ts';
import { useNameOf } from '../people/use-names.ts';
import styles from './quote.module.css';

export type Quoted = QuotedMessage<Kinds>;

/** What a message replies to, above what it says. It leads there. */
export function Quote(props: {
  /** `null`: it is not here, or not for this user to see. */
  readonly quote: Quoted | null;
  readonly onGoTo: (quote: Quoted) => void;
}) {
  const { quote, onGoTo } = props;
  const nameOf = useNameOf();
  if (!quote) return <p className={styles.quote}>A message that cannot be shown</p>;
  const { message, revoked } = quote;
  return (
    <button type="button" className={styles.quote} title="Go to this message" onClick={() => onGoTo(quote)}>
      <span className="hidden-text">In reply to </span>
      <b dir="auto">{nameOf(quote.senderId)}</b>
      <span className={styles.said} dir="auto">
        {message ? summaryOf(message) : revoked ? 'Taken back' : 'A long message'}
      </span>
    </button>
  );
}
