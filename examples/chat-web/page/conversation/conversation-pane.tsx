import { useCallback, useEffect, useRef, useState } from 'react';
import { useConversation, useSession } from '../account/session.ts';
import { Composer } from '../composer/composer.tsx';
import { useDroppedFiles } from '../files/use-dropped-files.ts';
import { MessageList } from '../messages/message-list.tsx';
import { RevokeDialog } from '../messages/revoke-dialog.tsx';
import { canEdit, type Item } from '../messages/rows.ts';
import { MembersDialog } from '../people/members-dialog.tsx';
import { IconButton } from '../ui/button.tsx';
import { ConversationHead } from './conversation-head.tsx';
import styles from './conversation-pane.module.css';
import { NoConversation } from './no-conversation.tsx';
import { SettingsDialog } from './settings-dialog.tsx';
import { useStanding } from './use-standing.ts';

type TextItem = Extract<Item, { type: 'text' }>;

/** One conversation: its head, its messages, and where one writes. */
export function ConversationPane(props: { readonly conversationId: string; readonly onClose: () => void }) {
  const { conversationId, onClose } = props;
  const { item, send, edit, react, revoke, messages } = useConversation(conversationId);
  const { account, files } = useSession();
  const standing = useStanding(conversationId);
  const [isShowingMembers, setShowingMembers] = useState(false);
  const [isShowingSettings, setShowingSettings] = useState(false);
  const [sent, setSent] = useState(0);
  const [problem, setProblem] = useState('');
  const [editing, setEditing] = useState<TextItem>();
  const [revoking, setRevoking] = useState<Item>();
  const [replying, setReplying] = useState<Item>();
  const field = useRef<HTMLTextAreaElement>(null);
  const begin = useCallback((chosen: Item) => {
    if (chosen.type === 'text') setEditing(chosen);
  }, []);

  /** From none: to the newest. After the newest: to none. */
  function stepReply(step: -1 | 1): void {
    const items = messages.getSnapshot().items.filter(({ status, revoked }) => status !== 'failed' && !revoked);
    const at = replying ? items.findIndex(({ key }) => key === replying.key) : items.length;
    setReplying(items[Math.max(0, at + step)]);
  }

  useEffect(() => {
    // On a touch screen the keyboard would cover what was opened to be read.
    if (matchMedia('(hover: hover)').matches) field.current?.focus({ preventScroll: true });
  }, []);

  async function sendFiles(chosen: readonly File[]): Promise<void> {
    setProblem('');
    for (const each of chosen) {
      try {
        const { type, file, source } = await files.take(each);
        send({ type, content: { file } }, { attachments: [source] }).receipt.catch(() => undefined);
        setSent((count) => count + 1);
      } catch (error) {
        setProblem((error as Error).message);
      }
    }
  }
  const isDropping = useDroppedFiles(standing === 'member', (chosen) => void sendFiles(chosen));

  if (standing === 'none') return <NoConversation />;
  return (
    <>
      <ConversationHead
        conversationId={conversationId}
        item={item}
        onClose={onClose}
        onSettings={item ? () => setShowingSettings(true) : undefined}
        onMembers={standing === 'member' ? () => setShowingMembers(true) : undefined}
      />
      <MessageList
        conversationId={conversationId}
        item={item}
        sent={sent}
        onReply={standing === 'member' ? setReplying : undefined}
        onEdit={standing === 'member' ? begin : undefined}
        onReact={standing === 'member' ? react : undefined}
        onRevoke={standing === 'member' ? setRevoking : undefined}
      />
      {isDropping && <p className={styles.drop}>Drop files to send them here</p>}
      <p className={styles.problem} role="status" hidden={problem === ''}>
        {problem}
        {problem && <IconButton icon="close" label="Dismiss" onClick={() => setProblem('')} />}
      </p>
      {standing === 'former' ? (
        <p className={styles.former} role="status">
          You are no longer in this group. What was said until then stays here.
        </p>
      ) : (
        <Composer
          ref={field}
          conversationId={conversationId}
          isReady={standing === 'member'}
          replyingTo={replying}
          onReplyStep={stepReply}
          onReplyCancel={() => setReplying(undefined)}
          editing={editing}
          onEditLast={() => {
            const last = messages
              .getSnapshot()
              .items.findLast((each) => canEdit({ item: each, isOwn: each.senderId === account.id }));
            if (last) begin(last);
          }}
          onEdited={(text) => {
            // What it cannot be changed to stands below it, with what can be done about it.
            if (editing && text !== undefined) edit(editing, { type: 'text', content: { text } });
            setEditing(undefined);
          }}
          onFiles={(chosen) => void sendFiles(chosen)}
          onSend={(message) => {
            send(message, replying && { replyTo: replying }).receipt.catch(() => {
              // It stands in the list as failed, with what can be done about it.
            });
            setReplying(undefined);
            setSent((count) => count + 1);
          }}
        />
      )}
      {revoking && (
        <RevokeDialog
          isOwn={revoking.senderId === account.id}
          onClose={() => setRevoking(undefined)}
          onRevoke={() => {
            revoke(revoking);
            setRevoking(undefined);
            if (editing?.key === revoking.key) setEditing(undefined);
            // Once the dialog is closed: what opened it is gone with the message.
            requestAnimationFrame(() => field.current?.focus({ preventScroll: true }));
          }}
        />
      )}
      {isShowingSettings && (
        <SettingsDialog
          conversationId={conversationId}
          onClose={() => setShowingSettings(false)}
          onMarkUnread={onClose}
        />
      )}
      {isShowingMembers && standing === 'member' && (
        <MembersDialog conversationId={conversationId} onClose={() => setShowingMembers(false)} />
      )}
    </>
  );
}
