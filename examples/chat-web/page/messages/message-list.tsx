import { kindOf } from '@tidemark/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Virtualizer } from 'virtua';
import { useConnection, useConversation, useMessages, useSession } from '../account/session.ts';
import type { Item as Conversation } from '../conversations/preview.ts';
import { JumpButtons } from './jump-buttons.tsx';
import styles from './message-list.module.css';
import { MessageRow } from './message-row.tsx';
import { NoMessages } from './no-messages.tsx';
import type { Quoted } from './quote.tsx';
import { type Item, type Row, rowsOf } from './rows.ts';
import { useIsFocused } from './use-focus.ts';
import { usePlace } from './use-place.ts';
import { useQuotes } from './use-quotes.ts';
import { useSteps } from './use-steps.ts';
import { useUnreadLine } from './use-unread-line.ts';

const NONE: readonly Row[] = [];
/** How long the row that somebody has gone to stands out. */
const SOUGHT_MS = 2_000;

/** The messages, of which as many are drawn as are near the screen. */
export function MessageList(props: {
  readonly conversationId: string;
  readonly item: Conversation | null;
  /** Counts what was sent from here: each time the list goes to the end. */
  readonly sent: number;
  /** Absent: one may not write here any more. */
  readonly onReply?: ((item: Item) => void) | undefined;
  /** Absent, likewise. */
  readonly onEdit?: ((item: Item) => void) | undefined;
  /** Absent, likewise. */
  readonly onRevoke?: ((item: Item) => void) | undefined;
  /** Absent, likewise. */
  readonly onReact?: ((item: Item, key: string, on: boolean) => void) | undefined;
}) {
  const { conversationId, item, sent, onReply, onEdit, onReact, onRevoke } = props;
  const { account } = useSession();
  const isLive = useConnection().state === 'live';
  const isFocused = useIsFocused();
  const { markRead } = useConversation(conversationId);
  const { items, hasOlder, hasNewer, loading, loaded, gap, ...view } = useMessages(conversationId);

  const quotes = useQuotes(conversationId);
  /** The key of the row that somebody has gone to. */
  const [sought, setSought] = useState<string>();

  const isReadingRef = useRef(false);
  const unreadAfter = useUnreadLine(item, isReadingRef);
  const target = useMemo(
    () => rowsOf(items, account.id, unreadAfter ?? null, hasOlder, Date.now()),
    [items, account.id, unreadAfter, hasOlder],
  );
  const { rows, shift, window } = useSteps(target);
  const place = usePlace({
    window,
    rows: loaded ? rows : NONE,
    hasOlder,
    hasNewer,
    loading,
    loadOlder: view.loadOlder,
    loadNewer: view.loadNewer,
    loadNewest: view.loadNewest,
    isReadKnown: unreadAfter !== undefined,
    loadUnread: unreadAfter == null ? null : () => view.loadAround(unreadAfter + 1),
    loadAround: view.loadAround,
  });

  const unread = item?.unread ?? 0;
  const isReading = isFocused && place.isAtEnd && !hasNewer;
  isReadingRef.current = isReading;
  useEffect(() => {
    if (isReading && unread > 0) void markRead();
  }, [isReading, unread, markRead]);
  // Once it is looked at, and not while somebody who reads it marks it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as said
  useEffect(() => {
    if (isReading && item?.settings.markedUnread) void markRead();
  }, [isReading]);

  const { toNewest, toMessage, retry, isStuck } = place;
  const goTo = useCallback(
    ({ key, conversationSeq }: Quoted) => {
      if (conversationSeq === null) return;
      setSought(key);
      toMessage(key, conversationSeq);
    },
    [toMessage],
  );
  useEffect(() => {
    if (sought === undefined) return undefined;
    const timer = setTimeout(() => setSought(undefined), SOUGHT_MS);
    return () => clearTimeout(timer);
  }, [sought]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each message that is sent
  useEffect(() => {
    if (sent > 0) toNewest();
  }, [sent]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each connection
  useEffect(() => {
    if (isLive && isStuck) retry();
  }, [isLive]);

  const isGroup = kindOf(conversationId) === 'group';
  if (loaded && rows.length === 0 && !hasOlder) return <NoMessages conversationId={conversationId} />;
  return (
    <div className={styles.frame}>
      <section
        ref={place.scroller}
        className={styles.scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label="Messages"
        aria-busy={loading}
        onScroll={place.onScroll}
      >
        <div className={styles.spring} />
        <Virtualizer
          key={window}
          ref={place.list}
          scrollRef={place.scroller}
          data={rows}
          shift={shift}
          bufferSize={400}
          as={Lines}
          item="li"
          onResize={place.onResize}
        >
          {(row) => (
            <MessageRow
              key={row.key}
              row={row}
              showsSender={isGroup}
              quote={quotes.get(row.key)}
              isSought={row.key === sought}
              onGoTo={goTo}
              onReply={onReply}
              onEdit={onEdit}
              onReact={onReact}
              onRevoke={onRevoke}
              revokesOthers={isGroup && item?.createdBy === account.id}
            />
          )}
        </Virtualizer>
        {gap && <p className={styles.gap}>{gapText(gap)}</p>}
      </section>
      {isStuck && <p className={styles.stuck}>More messages come with the connection.</p>}
      <JumpButtons
        unread={unread}
        isLineAbove={place.isLineAbove}
        isAtEnd={rows.length === 0 || (place.isAtEnd && !hasNewer)}
        onUnread={place.toUnread}
        onNewest={place.toNewest}
      />
    </div>
  );
}

function Lines(props: React.ComponentProps<'ol'>) {
  return <ol {...props} className={styles.lines} />;
}

function gapText({ after, upTo }: { readonly after: number; readonly upTo: number }): string {
  const missing = upTo - after;
  return missing === 1 ? 'One more is on its way …' : `${missing.toLocaleString()} more are on their way …`;
}
