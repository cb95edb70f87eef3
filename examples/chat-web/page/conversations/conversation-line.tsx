import { memo, useSyncExternalStore } from 'react';
import { useSession } from '../account/session.ts';
import { useNameOf } from '../people/use-names.ts';
import { Avatar } from '../ui/avatar.tsx';
import { unreadCount } from '../ui/count.ts';
import { shortTime } from '../ui/time.ts';
import styles from './conversation-line.module.css';
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
  const { unread, lastMessage, conversationId } = item;
  return (
    <button
      type="button"
      className={styles.line}
      data-id={conversationId}
      data-unread={unread > 0 || undefined}
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
          <time className={styles.time} dateTime={new Date(item.activeAt).toISOString()}>
            {shortTime(item.activeAt, Date.now())}
          </time>
        </span>
        <span className={styles.bottom}>
          <Preview item={item} message={lastMessage} isOpen={isOpen} />
          {unread > 0 && (
            <span className={styles.badge}>
              {unreadCount(unread)}
              <span className="hidden-text"> unread</span>
            </span>
          )}
        </span>
      </span>
    </button>
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
