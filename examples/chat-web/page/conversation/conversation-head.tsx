import { kindOf, peerOf } from '@tidemark/core';
import { useSession } from '../account/session.ts';
import type { Item } from '../conversations/preview.ts';
import { useTitleOf } from '../conversations/title.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import styles from './conversation-head.module.css';

export function ConversationHead(props: {
  readonly conversationId: string;
  readonly item: Item | null;
  readonly onClose: () => void;
  /** Undefined: they are not this user's to see. */
  readonly onMembers: (() => void) | undefined;
  /** Undefined: it is not on this user's list. */
  readonly onSettings: (() => void) | undefined;
}) {
  const { account } = useSession();
  const { conversationId } = props;
  const title = useTitleOf()(props.item ?? { conversationId });
  const isGroup = kindOf(conversationId) === 'group';
  return (
    <header className={styles.head}>
      <span className={styles.back}>
        <IconButton icon="back" label="Back to the conversations" onClick={props.onClose} />
      </span>
      <Avatar id={peerOf(conversationId, account.id) ?? conversationId} name={title} />
      <h2 className={styles.title} dir="auto" title={title}>
        {title}
      </h2>
      {isGroup && props.onMembers && <IconButton icon="people" label="Members" onClick={props.onMembers} />}
      {props.onSettings && <IconButton icon="more" label="Settings of this conversation" onClick={props.onSettings} />}
    </header>
  );
}
