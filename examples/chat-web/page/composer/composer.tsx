import {
  type KeyboardEvent,
  type Ref,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Kinds } from '../../server/content.ts';
import { isBlank } from '../../server/visible-text.ts';
import { useConversation, useSession } from '../account/session.ts';
import { useTitleOf } from '../conversations/title.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './composer.module.css';
import { OrderDialog } from './order-dialog.tsx';

type Message = { [Kind in keyof Kinds]: { readonly type: Kind; readonly content: Kinds[Kind] } }[keyof Kinds];

const MAX_LENGTH = 8000;

/** Enter sends, Shift-Enter begins a line; what is not sent stays a draft of this conversation. */
export function Composer(props: {
  readonly ref: Ref<HTMLTextAreaElement>;
  readonly conversationId: string;
  /** False while it isn't known whether one may write here. */
  readonly isReady: boolean;
  readonly onSend: (message: Message) => void;
}) {
  const { conversationId, isReady, onSend } = props;
  const { drafts } = useSession();
  const { item } = useConversation(conversationId);
  const title = useTitleOf()(item ?? { conversationId });
  const text = useSyncExternalStore(drafts.subscribe, () => drafts.of(conversationId));
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

  function send(): void {
    if (!isReady || isBlank(text)) return;
    onSend({ type: 'text', content: { text: text.trim() } });
    drafts.set(conversationId, '');
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    // Enter also ends the composition of a word in many scripts; that is not sending.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <>
      <form
        className={styles.composer}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <IconButton icon="bag" label="Send an order" disabled={!isReady} onClick={() => setOrdering(true)} />
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
          onChange={(event) => drafts.set(conversationId, event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          className={styles.send}
          disabled={!isReady || isBlank(text)}
          aria-label="Send"
          title="Send (Enter)"
        >
          <Icon name="send" />
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
