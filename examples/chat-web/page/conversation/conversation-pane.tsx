import { useEffect, useRef, useState } from 'react';
import { useConversation } from '../account/session.ts';
import { Composer } from '../composer/composer.tsx';
import { MessageList } from '../messages/message-list.tsx';
import { MembersDialog } from '../people/members-dialog.tsx';
import { ConversationHead } from './conversation-head.tsx';

/** One conversation: its head, its messages, and where one writes. */
export function ConversationPane(props: { readonly conversationId: string; readonly onClose: () => void }) {
  const { conversationId, onClose } = props;
  const { item, send } = useConversation(conversationId);
  const [isShowingMembers, setShowingMembers] = useState(false);
  const [sent, setSent] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    // On a touch screen the keyboard would cover what was opened to be read.
    if (matchMedia('(hover: hover)').matches) field.current?.focus({ preventScroll: true });
  }, []);

  return (
    <>
      <ConversationHead
        conversationId={conversationId}
        item={item}
        onClose={onClose}
        onMembers={() => setShowingMembers(true)}
      />
      <MessageList conversationId={conversationId} item={item} sent={sent} />
      <Composer
        ref={field}
        conversationId={conversationId}
        onSend={(message) => {
          send(message).receipt.catch(() => {
            // It stands in the list as failed, with what can be done about it.
          });
          setSent((count) => count + 1);
        }}
      />
      {isShowingMembers && (
        <MembersDialog conversationId={conversationId} onClose={() => setShowingMembers(false)} onLeft={onClose} />
      )}
    </>
  );
}
