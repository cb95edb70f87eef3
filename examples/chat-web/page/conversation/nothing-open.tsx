import { useConnection, useConversations, useUnread } from '../account/session.ts';
import { Button } from '../ui/button.tsx';
import { unreadCount } from '../ui/count.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './nothing-open.module.css';

export function NothingOpen({ onNew }: { readonly onNew: () => void }) {
  const unread = useUnread();
  const hasSome = useConversations().length > 0;
  const isEmpty = useConnection().state === 'live' && !hasSome;
  return (
    <div className={styles.empty}>
      <Icon name="wave" size={40} />
      {hasSome && <p>Choose a conversation to read it.</p>}
      {isEmpty && <p>Write to somebody, or make a group.</p>}
      {unread > 0 && (
        <p className={styles.soft}>{unread === 1 ? '1 unread message' : `${unreadCount(unread)} unread messages`}</p>
      )}
      {isEmpty && <Button onClick={onNew}>New conversation</Button>}
    </div>
  );
}
