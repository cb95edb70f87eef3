import type { PendingEdit } from '@tidemark/client';
import { memo } from 'react';
import type { KindsIn } from '../account/session.ts';
import { useChat } from '../account/session.ts';
import { summaryOf } from '../conversations/preview.ts';
import { useNameOf } from '../people/use-names.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { clockTime } from '../ui/time.ts';
import { MessageContent } from './message-content.tsx';
import styles from './message-row.module.css';
import { Quote, type Quoted } from './quote.tsx';
import { ReactionPicker } from './reaction-picker.tsx';
import { Reactions } from './reactions.tsx';
import { canEdit, type Item, type Row } from './rows.ts';
import { Tombstone } from './tombstone.tsx';

interface RowProps {
  readonly row: Row;
  /** In a group one has to see who speaks. */
  readonly showsSender: boolean;
  /** Undefined: it replies to nothing. */
  readonly quote?: Quoted | null | undefined;
  /** Somebody has just come here by its quote. */
  readonly isSought: boolean;
  readonly onGoTo: (quote: Quoted) => void;
  /** Absent: one may not write here any more. */
  readonly onReply?: ((item: Item) => void) | undefined;
  /** Absent, likewise. */
  readonly onEdit?: ((item: Item) => void) | undefined;
  /** Absent, likewise. */
  readonly onRevoke?: ((item: Item) => void) | undefined;
  /** Whether messages of others may be revoked too. */
  readonly revokesOthers: boolean;
  /** Absent, likewise. */
  readonly onReact?: ((item: Item, key: string, on: boolean) => void) | undefined;
}

export const MessageRow = memo(MessageRowOnce, (before, after) => {
  const [a, b] = [before.row, after.row];
  return (
    before.showsSender === after.showsSender &&
    before.quote === after.quote &&
    before.isSought === after.isSought &&
    before.onReply === after.onReply &&
    before.onEdit === after.onEdit &&
    before.onReact === after.onReact &&
    before.onRevoke === after.onRevoke &&
    before.revokesOthers === after.revokesOthers &&
    a.item === b.item &&
    a.day === b.day &&
    a.beginsUnread === b.beginsUnread &&
    a.isFirstOfGroup === b.isFirstOfGroup &&
    a.isLastOfGroup === b.isLastOfGroup
  );
});

function MessageRowOnce(props: RowProps) {
  const { row, showsSender, quote, isSought, onGoTo, onReply, onEdit, onReact, onRevoke, revokesOthers } = props;
  const { item, isOwn, isFirstOfGroup, isLastOfGroup } = row;
  const name = useNameOf()(item.senderId);
  const isSaid = item.status !== 'failed' && !item.revoked;
  const react = onReact && isSaid ? (key: string, on: boolean) => onReact(item, key, on) : undefined;
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
          <div className={styles.said}>
            {onEdit && canEdit(row) && (
              <button
                type="button"
                className={styles.action}
                aria-label="Edit"
                title="Edit"
                onClick={() => onEdit(item)}
              >
                <Icon name="pen" size={16} />
              </button>
            )}
            {onRevoke && isSaid && (isOwn || revokesOthers) && (
              <button
                type="button"
                className={styles.action}
                aria-label={isOwn ? 'Take back' : 'Remove for everybody'}
                title={isOwn ? 'Take back' : 'Remove for everybody'}
                onClick={() => onRevoke(item)}
              >
                <Icon name="bin" size={16} />
              </button>
            )}
            {onReply && isSaid && (
              <button
                type="button"
                className={styles.action}
                aria-label="Reply"
                title="Reply"
                onClick={() => onReply(item)}
              >
                <Icon name="reply" size={16} />
              </button>
            )}
            {react && <ReactionPicker className={styles.action} reactions={item.reactions} onReact={react} />}
            <div
              className={styles.bubble}
              data-status={item.status}
              data-type={item.type}
              data-last={isLastOfGroup || undefined}
              data-sought={isSought || undefined}
            >
              {quote !== undefined && !item.revoked && <Quote quote={quote} onGoTo={onGoTo} />}
              {item.revoked ? (
                <Tombstone senderId={item.senderId} revoked={item.revoked} isOwn={isOwn} />
              ) : (
                <MessageContent item={item} />
              )}
              <span className={styles.meta}>
                {isEdited(item) && <span>edited</span>}
                <time dateTime={new Date(item.at).toISOString()}>{clockTime(item.at)}</time>
                {isOwn && <Status status={isBeingEdited(item) ? 'pending' : item.status} />}
              </span>
            </div>
          </div>
          <Reactions reactions={item.reactions} isOwn={isOwn} onReact={react} />
          {item.status === 'failed' && <Failed item={item} />}
          {item.status === 'stored' && item.edit?.status === 'failed' && <FailedEdit edit={item.edit} />}
        </div>
      </div>
    </div>
  );
}

function isBeingEdited(item: Item): boolean {
  return item.status === 'stored' && item.edit?.status === 'pending';
}

function isEdited(item: Item): boolean {
  return item.status === 'stored' && (item.edited !== undefined || isBeingEdited(item));
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

/** The message shows what others see; what was typed is not lost. */
function FailedEdit({ edit }: { readonly edit: PendingEdit<KindsIn> }) {
  const chat = useChat();
  return (
    <p className={styles.failed} role="alert">
      Not changed to “{summaryOf(edit.message)}”{edit.error && `: ${edit.error.detail}`}
      <button type="button" onClick={() => void chat.retry(edit.clientMessageId)}>
        Try again
      </button>
      <button type="button" onClick={() => void chat.discard(edit.clientMessageId)}>
        Discard
      </button>
    </p>
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
