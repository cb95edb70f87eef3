import { memo } from 'react';
import { useChat } from '../account/session.ts';
import { useNameOf } from '../people/use-names.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { clockTime } from '../ui/time.ts';
import { MessageContent } from './message-content.tsx';
import styles from './message-row.module.css';
import type { Item, Row } from './rows.ts';

interface RowProps {
  readonly row: Row;
  /** In a group one has to see who speaks. */
  readonly showsSender: boolean;
}

export const MessageRow = memo(MessageRowOnce, (before, after) => {
  const [a, b] = [before.row, after.row];
  return (
    before.showsSender === after.showsSender &&
    a.item === b.item &&
    a.day === b.day &&
    a.beginsUnread === b.beginsUnread &&
    a.isFirstOfGroup === b.isFirstOfGroup &&
    a.isLastOfGroup === b.isLastOfGroup
  );
});

function MessageRowOnce({ row, showsSender }: RowProps) {
  const { item, isOwn, isFirstOfGroup, isLastOfGroup } = row;
  const name = useNameOf()(item.senderId);
  return (
    <div className={styles.row} data-first={isFirstOfGroup || undefined} data-key={row.key}>
      {row.day && <h3 className={styles.day}>{row.day}</h3>}
      {row.beginsUnread && <p className={styles.unread}>New messages</p>}
      <div className={styles.line} data-own={isOwn || undefined}>
        {showsSender && !isOwn && (
          <span className={styles.face}>{isLastOfGroup && <Avatar id={item.senderId} name={name} size="small" />}</span>
        )}
        <div className={styles.column}>
          {isFirstOfGroup && showsSender && !isOwn ? (
            <p className={styles.sender} dir="auto">
              {name}
            </p>
          ) : (
            <span className="hidden-text">{isOwn ? 'You' : name}: </span>
          )}
          <div
            className={styles.bubble}
            data-status={item.status}
            data-type={item.type}
            data-last={isLastOfGroup || undefined}
          >
            <MessageContent item={item} />
            <span className={styles.meta}>
              <time dateTime={new Date(item.at).toISOString()}>{clockTime(item.at)}</time>
              {isOwn && <Status status={item.status} />}
            </span>
          </div>
          {item.status === 'failed' && <Failed item={item} />}
        </div>
      </div>
    </div>
  );
}

const STATUS = {
  pending: { icon: 'clock', label: 'Sending' },
  sent: { icon: 'check', label: 'Sent' },
  stored: { icon: 'check', label: 'Sent' },
  failed: { icon: 'alert', label: 'Not sent' },
} as const;

function Status({ status }: { readonly status: Item['status'] }) {
  const { icon, label } = STATUS[status];
  return (
    <span className={styles.status} title={label}>
      <Icon name={icon} size={14} />
      <span className="hidden-text">{label}</span>
    </span>
  );
}

function Failed({ item }: { readonly item: Extract<Item, { status: 'failed' | 'pending' | 'sent' }> }) {
  const chat = useChat();
  return (
    <p className={styles.failed} role="alert">
      Not sent{item.error && `: ${item.error.detail}`}
      <button type="button" onClick={() => void chat.retry(item.clientMessageId)}>
        Try again
      </button>
      <button type="button" onClick={() => void chat.discard(item.clientMessageId)}>
        Discard
      </button>
    </p>
  );
}
