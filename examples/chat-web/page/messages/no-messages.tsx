import { peerOf } from '@tidemark/core';
import { useConversation, useSession } from '../account/session.ts';
import { useTitleOf } from '../conversations/title.ts';
import { Avatar } from '../ui/avatar.tsx';
import styles from './no-messages.module.css';

export function NoMessages({ conversationId }: { readonly conversationId: string }) {
  const { account } = useSession();
  const { item } = useConversation(conversationId);
  const title = useTitleOf()(item ?? { conversationId });
  return (
    <div className={styles.empty}>
      <Avatar id={peerOf(conversationId, account.id) ?? conversationId} name={title} size="large" />
      <p className={styles.title} dir="auto">
        {title}
      </p>
      <p>Nothing has been said here yet.</p>
    </div>
  );
}
