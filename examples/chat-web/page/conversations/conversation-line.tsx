import { memo, useSyncExternalStore } from 'react';
import { useSession } from '../account/session.ts';
import { useNameOf } from '../people/use-names.ts';
import { Avatar } from '../ui/avatar.tsx';
import { unreadCount } from '../ui/count.ts';
import { Icon } from '../ui/icon.tsx';
import { shortTime } from '../ui/time.ts';
import styles from './conversation-line.module.css';
import { isMuted } from './muted.ts';
import { type Item, summaryOf } from './preview.ts';
import { useTitleOf } from './title.ts';

interface LineProps {
  readonly item: Item;
  readonly isOpen: boolean;
  readonly isTabStop: boolean;
  readonly onOpen: () => void;
}

export const ConversationLine = memo(ConversationLineOnce, (before, after) => {
  return before.item === after.item && before.isOpen === after.isOpen && before.isTabStop === after.isTabStop;
});

function ConversationLineOnce({ item, isOpen, isTabStop, onOpen }: LineProps) {
  const title = useTitleOf()(item);
  const { unread, lastMessage, conversationId, settings } = item;
  const isUnread = unread > 0 || settings.markedUnread;
  return (
    <button
      type="button"
      className={styles.line}
      data-id={conversationId}
      data-unread={isUnread || undefined}
      data-muted={isMuted(settings) || undefined}
      aria-current={isOpen || undefined}
      tabIndex={isTabStop ? 0 : -1}
      onClick={onOpen}
    >
      <Avatar id={item.peer ?? conversationId} name={title} />
      <span className={styles.words}>
        <span className={styles.top}>
          <span className={styles.title} dir="auto">
            {title}
          </span>
          {settings.pinned && <Mark icon="pin" label="Kept on top" />}
          {isMuted(settings) && <Mark icon="muted" label="Muted" />}
          <time className={styles.time} dateTime={new Date(item.activeAt).toISOString()}>
            {shortTime(item.activeAt, Date.now())}
          </time>
        </span>
        <span className={styles.bottom}>
          <Preview item={item} message={lastMessage} isOpen={isOpen} />
          {isUnread && (
            <span className={styles.badge} data-dot={unread === 0 || undefined}>
              {unread > 0 ? unreadCount(unread) : ''}
              <span className="hidden-text">{unread > 0 ? ' unread' : 'Marked as unread'}</span>
            </span>
          )}
        </span>
      </span>
    </button>
  );
}

function Mark(props: { readonly icon: 'pin' | 'muted'; readonly label: string }) {
  return (
    <span className={styles.mark} title={props.label}>
      <Icon name={props.icon} size={14} />
      <span className="hidden-text">{props.label}</span>
    </span>
  );
}

function Preview(props: { readonly item: Item; readonly message: Item['lastMessage']; readonly isOpen: boolean }) {
  const { account, drafts } = useSession();
  const nameOf = useNameOf();
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.of(props.item.conversationId));
  if (draft.trim() !== '' && !props.isOpen) {
    return (
      <span className={styles.preview} dir="auto">
        <b className={styles.draft}>Draft:</b> {draft}
      </span>
    );
  }
  if (!props.message) return <span className={styles.preview}>No messages yet</span>;
  const { senderId } = props.message;
  const isDirect = props.item.kind === 'direct';
  const who = senderId === account.id ? 'You: ' : isDirect ? '' : `${nameOf(senderId).split(' ')[0]}: `;
  return (
    <span className={styles.preview}>
      {who}
      <bdi>{summaryOf(props.message)}</bdi>
    </span>
  );
}
