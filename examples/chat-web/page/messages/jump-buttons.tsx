import { unreadCount } from '../ui/count.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './jump-buttons.module.css';

export function JumpButtons(props: {
  readonly unread: number;
  readonly isLineAbove: boolean;
  readonly isAtEnd: boolean;
  readonly onUnread: () => void;
  readonly onNewest: () => void;
}) {
  const { unread, isLineAbove, isAtEnd } = props;
  return (
    <>
      {isLineAbove && (
        <button type="button" className={styles.unread} onClick={props.onUnread}>
          <Icon name="up" size={16} />
          <span>First unread</span>
        </button>
      )}
      {!isAtEnd && (
        <button
          type="button"
          className={styles.newest}
          data-unread={unread > 0 || undefined}
          onClick={props.onNewest}
          aria-label={unread > 0 ? `To the newest message, ${unreadCount(unread)} unread` : 'To the newest message'}
          title="To the newest message"
        >
          {unread > 0 && <span>{unreadCount(unread)}</span>}
          <Icon name="down" size={18} />
        </button>
      )}
    </>
  );
}
