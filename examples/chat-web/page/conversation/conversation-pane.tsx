import { useEffect, useRef, useState } from 'react';
import { useConversation } from '../account/session.ts';
import { Composer } from '../composer/composer.tsx';
import { MessageList } from '../messages/message-list.tsx';
import { MembersDialog } from '../people/members-dialog.tsx';
import { ConversationHead } from './conversation-head.tsx';
import styles from './conversation-pane.module.css';
import { NoConversation } from './no-conversation.tsx';
import { useStanding } from './use-standing.ts';

/** One conversation: its head, its messages, and where one writes. */
export function ConversationPane(props: { readonly conversationId: string; readonly onClose: () => void }) {
  const { conversationId, onClose } = props;
  const { item, send } = useConversation(conversationId);
  const standing = useStanding(conversationId);
  const [isShowingMembers, setShowingMembers] = useState(false);
  const [sent, setSent] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    // On a touch screen the keyboard would cover what was opened to be read.
    if (matchMedia('(hover: hover)').matches) field.current?.focus({ preventScroll: true });
  }, []);

  if (standing === 'none') return <NoConversation />;
  return (
    <>
      <ConversationHead
        conversationId={conversationId}
        item={item}
        onClose={onClose}
        onMembers={standing === 'member' ? () => setShowingMembers(true) : undefined}
      />
      <MessageList conversationId={conversationId} item={item} sent={sent} />
      {standing === 'former' ? (
        <p className={styles.former} role="status">
          You are no longer in this group. What was said until then stays here.
        </p>
      ) : (
        <Composer
          ref={field}
          conversationId={conversationId}
          isReady={standing === 'member'}
          onSend={(message) => {
            send(message).receipt.catch(() => {
              // It stands in the list as failed, with what can be done about it.
            });
            setSent((count) => count + 1);
          }}
        />
      )}
      {isShowingMembers && standing === 'member' && (
        <MembersDialog conversationId={conversationId} onClose={() => setShowingMembers(false)} />
      )}
    </>
  );
}
