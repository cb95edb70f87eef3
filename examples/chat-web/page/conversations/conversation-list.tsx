import { type KeyboardEvent, useRef, useState } from 'react';
import { VList, type VListHandle } from 'virtua';
import { useConnection, useConversations } from '../account/session.ts';
import { openConversation } from '../shell/open-conversation.ts';
import { Button } from '../ui/button.tsx';
import { ConversationLine } from './conversation-line.tsx';
import styles from './conversation-list.module.css';

/** Newest activity first. One line is in the tab order; arrows, Home and End move among them. */
export function ConversationList(props: { readonly open: string | null; readonly onNew: () => void }) {
  const all = useConversations();
  const archived = all.filter(({ settings }) => settings.archived);
  const [isAskedFor, setAskedFor] = useState(false);
  const isArchive = isAskedFor && archived.length > 0;
  const conversations = isArchive ? archived : all.filter(({ settings }) => !settings.archived);
  const { state } = useConnection();
  const list = useRef<VListHandle>(null);
  const box = useRef<HTMLElement>(null);
  const [reached, setReached] = useState<string | null>(null);

  const at = (id: string | null) => conversations.findIndex((each) => each.conversationId === id);
  const tabStop = Math.max(0, at(reached) === -1 ? at(props.open) : at(reached));

  function move(event: KeyboardEvent): void {
    const last = conversations.length - 1;
    const steps: Record<string, number> = { ArrowDown: tabStop + 1, ArrowUp: tabStop - 1, Home: 0, End: last };
    const asked = steps[event.key];
    if (asked === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(asked, 0), last);
    const id = conversations[next]?.conversationId;
    if (id === undefined) return;
    setReached(id);
    list.current?.scrollToIndex(next, { align: 'nearest' });
    focusWhenThere(() => box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`));
  }

  if (all.length === 0) {
    return (
      <nav className={styles.empty} aria-label="Conversations">
        {state === 'live' ? (
          <>
            <p>No conversations yet.</p>
            <Button look="main" onClick={props.onNew}>
              Start one
            </Button>
          </>
        ) : (
          <Skeleton />
        )}
      </nav>
    );
  }
  return (
    <nav className={styles.list} aria-label={isArchive ? 'Archive' : 'Conversations'} ref={box} onKeyDown={move}>
      <VList ref={list} data={conversations} keepMounted={[tabStop]} className={styles.scroller} tabIndex={-1}>
        {(item, index) => (
          <ConversationLine
            key={item.conversationId}
            item={item}
            isOpen={item.conversationId === props.open}
            isTabStop={index === tabStop}
            onOpen={() => {
              setReached(item.conversationId);
              openConversation(item.conversationId);
            }}
          />
        )}
      </VList>
      {archived.length > 0 && (
        <button type="button" className={styles.archive} onClick={() => setAskedFor(!isArchive)}>
          {isArchive ? 'Back to the conversations' : `Archive (${archived.length})`}
        </button>
      )}
    </nav>
  );
}

/** A line far away is drawn after it was scrolled to. */
function focusWhenThere(find: () => HTMLElement | null | undefined, frames = 10): void {
  const found = find();
  if (found) found.focus({ preventScroll: true });
  else if (frames > 0) requestAnimationFrame(() => focusWhenThere(find, frames - 1));
}

function Skeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading conversations">
      {[0, 1, 2, 3, 4].map((line) => (
        <span key={line} />
      ))}
    </div>
  );
}
