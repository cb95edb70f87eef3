import { isBlank } from '@tidemark/content';
import type { Content } from '@tidemark/core';
import {
  type KeyboardEvent,
  type Ref,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { type Kinds, useConversation, useSession } from '../account/session.ts';
import { summaryOf } from '../conversations/preview.ts';
import { useTitleOf } from '../conversations/title.ts';
import type { Item } from '../messages/rows.ts';
import { useNameOf } from '../people/use-names.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './composer.module.css';
import { FileButton } from './file-button.tsx';
import { OrderDialog } from './order-dialog.tsx';

type Message = Content<Pick<Kinds, 'text' | 'order'>>;

const MAX_LENGTH = 8000;
const STEPS: Readonly<Record<string, -1 | 1>> = { ArrowUp: -1, ArrowDown: 1 };

/** Enter sends, Shift-Enter begins a line; what is not sent stays a draft of this conversation. */
export function Composer(props: {
  readonly ref: Ref<HTMLTextAreaElement>;
  readonly conversationId: string;
  /** False while it isn't known whether one may write here. */
  readonly isReady: boolean;
  readonly onSend: (message: Message) => void;
  readonly onFiles: (files: readonly File[]) => void;
  /** The message that is replied to. */
  readonly replyingTo: Item | undefined;
  /** Ctrl-↑ and Ctrl-↓ (⌘, Alt): to the message before or after the one that is replied to. */
  readonly onReplyStep: (step: -1 | 1) => void;
  readonly onReplyCancel: () => void;
  /** The message whose text is here in place of the draft. */
  readonly editing: { readonly key: string; readonly content: { readonly text: string } } | undefined;
  /** ↑ in an empty field. */
  readonly onEditLast: () => void;
  /** With its new text; undefined: it stays as it is. */
  readonly onEdited: (text: string | undefined) => void;
}) {
  const { conversationId, isReady, onSend, onFiles, editing, onEditLast, onEdited } = props;
  const { replyingTo, onReplyStep, onReplyCancel } = props;
  const nameOf = useNameOf();
  const { drafts } = useSession();
  const { item } = useConversation(conversationId);
  const title = useTitleOf()(item ?? { conversationId });
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.of(conversationId));
  const [edited, setEdited] = useState({ key: '', text: '' });
  if (editing && edited.key !== editing.key) setEdited({ key: editing.key, text: editing.content.text });
  if (!editing && edited.key !== '') setEdited({ key: '', text: '' });
  const text = editing ? edited.text : draft;
  const [isOrdering, setOrdering] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(props.ref, () => field.current as HTMLTextAreaElement);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight + 2}px`;
  }, [text]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each message that is taken up
  useLayoutEffect(() => {
    if (editing) field.current?.focus();
  }, [editing?.key]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each message that is replied to
  useLayoutEffect(() => {
    if (replyingTo) field.current?.focus();
  }, [replyingTo?.key]);

  function type(typed: string): void {
    if (editing) setEdited({ key: editing.key, text: typed });
    else drafts.set(conversationId, typed);
  }

  function send(): void {
    if (!isReady || isBlank(text)) return;
    if (editing) {
      onEdited(text.trim() === editing.content.text ? undefined : text.trim());
      return;
    }
    onSend({ type: 'text', content: { text: text.trim() } });
    drafts.set(conversationId, '');
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape' && editing) {
      event.stopPropagation();
      onEdited(undefined);
    }
    if (event.key === 'Escape' && replyingTo && !editing) {
      event.stopPropagation();
      onReplyCancel();
    }
    const step = event.ctrlKey || event.metaKey || event.altKey ? STEPS[event.key] : undefined;
    if (step && !editing) {
      event.preventDefault();
      onReplyStep(step);
    } else if (event.key === 'ArrowUp' && text === '' && !editing) {
      event.preventDefault();
      onEditLast();
    }
    // Enter also ends the composition of a word in many scripts; that is not sending.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <>
      {replyingTo && !editing && (
        <div className={styles.editing}>
          <Icon name="reply" size={16} />
          <span id="replying" className={styles.replying} dir="auto">
            Replying to {nameOf(replyingTo.senderId)}: {summaryOf(replyingTo)}
          </span>
          <IconButton icon="close" label="Cancel (Esc)" onClick={onReplyCancel} />
        </div>
      )}
      {editing && (
        <div className={styles.editing}>
          <Icon name="pen" size={16} />
          <span id="editing">Editing a message</span>
          <IconButton icon="close" label="Cancel (Esc)" onClick={() => onEdited(undefined)} />
        </div>
      )}
      <form
        className={styles.composer}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <FileButton disabled={!isReady || editing !== undefined} onFiles={onFiles} />
        <IconButton
          icon="bag"
          label="Send an order"
          disabled={!isReady || editing !== undefined}
          onClick={() => setOrdering(true)}
        />
        <textarea
          id="message"
          ref={field}
          className={styles.field}
          rows={1}
          dir="auto"
          value={text}
          maxLength={MAX_LENGTH}
          readOnly={!isReady}
          placeholder="Message"
          aria-label={`Message to ${title}`}
          aria-describedby={editing ? 'editing' : replyingTo && 'replying'}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const files = [...event.clipboardData.files];
            if (files.length === 0 || editing) return;
            event.preventDefault();
            onFiles(files);
          }}
        />
        <button
          type="submit"
          className={styles.send}
          disabled={!isReady || isBlank(text)}
          aria-label={editing ? 'Save' : 'Send'}
          title={editing ? 'Save (Enter)' : 'Send (Enter)'}
        >
          <Icon name={editing ? 'check' : 'send'} />
        </button>
      </form>
      {isOrdering && (
        <OrderDialog
          onClose={() => setOrdering(false)}
          onOrder={(content) => {
            setOrdering(false);
            onSend({ type: 'order', content });
          }}
        />
      )}
    </>
  );
}
