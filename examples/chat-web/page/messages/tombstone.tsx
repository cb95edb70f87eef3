import { useNameOf } from '../people/use-names.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './message-content.module.css';
import type { Item as MessageItem } from './rows.ts';

interface TombstoneProps {
  readonly senderId: string;
  readonly revoked: NonNullable<MessageItem['revoked']>;
  readonly isOwn: boolean;
}

/** In the place of a message that was taken back. */
export function Tombstone({ senderId, revoked: { by, reason }, isOwn }: TombstoneProps) {
  const nameOf = useNameOf();
  const isOfAuthor = by === senderId;
  const what = !isOfAuthor ? `Removed by ${nameOf(by)}` : isOwn ? 'You took this message back' : 'Message taken back';
  return (
    <p className={styles.tombstone}>
      <Icon name="bin" size={14} />
      <span dir="auto">
        {what}
        {reason && `: ${reason}`}
      </span>
    </p>
  );
}
