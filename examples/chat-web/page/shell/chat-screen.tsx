import { useEffect, useState } from 'react';
import { useUnread } from '../account/session.ts';
import { ConnectionBanner } from '../connection/connection-banner.tsx';
import { ConversationPane } from '../conversation/conversation-pane.tsx';
import { NoConversation } from '../conversation/no-conversation.tsx';
import { NothingOpen } from '../conversation/nothing-open.tsx';
import { ConversationList } from '../conversations/conversation-list.tsx';
import { NewConversation } from '../people/new-conversation.tsx';
import { unreadCount } from '../ui/count.ts';
import { Announcer } from './announcer.tsx';
import styles from './chat-screen.module.css';
import { openConversation, useOpenConversation } from './open-conversation.ts';
import { ProfileBar } from './profile-bar.tsx';
import { StoreNotice } from './store-notice.tsx';

/** All of one user: the list, the conversation that is open, and what the connection does. On narrow screens one of both. */
export function ChatScreen() {
  const where = useOpenConversation();
  const open = where.at === 'conversation' ? where.conversationId : null;
  const unread = useUnread();
  const [isChoosing, setChoosing] = useState(false);

  useEffect(() => {
    document.title = unread > 0 ? `(${unreadCount(unread)}) Tidemark chat` : 'Tidemark chat';
  }, [unread]);

  return (
    <div className={styles.screen} data-open={where.at !== 'nowhere' || undefined}>
      <button type="button" className={styles.skip} onClick={() => document.getElementById('message')?.focus()}>
        Skip to the message field
      </button>
      <div className={styles.banners}>
        <ConnectionBanner />
        <StoreNotice />
      </div>
      <div className={styles.side}>
        <ProfileBar onNew={() => setChoosing(true)} />
        <ConversationList open={open} onNew={() => setChoosing(true)} />
      </div>
      <main className={styles.main} tabIndex={-1}>
        {where.at === 'nowhere' && <NothingOpen onNew={() => setChoosing(true)} />}
        {where.at === 'dead-end' && <NoConversation />}
        {open !== null && <ConversationPane key={open} conversationId={open} onClose={() => openConversation(null)} />}
      </main>
      <Announcer open={open} />
      {isChoosing && <NewConversation onClose={() => setChoosing(false)} />}
    </div>
  );
}
