import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';

/** Nearer to an end than this, the next page is asked for. */
const NEAR_PX = 900;
/** As near to the newest message as this counts as seeing it. */
const AT_END_PX = 40;
/** Left free above the line where the unread messages begin. */
const ABOVE_LINE_PX = 56;

interface PlaceOptions {
  readonly window: number;
  readonly count: number;
  /** Index of the row with the unread line; -1: none here. */
  readonly unreadRow: number;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loading: boolean;
  readonly loadOlder: () => Promise<void>;
  readonly loadNewer: () => Promise<void>;
  readonly loadNewest: () => Promise<void>;
  /** Brings the rows around the first unread message; `null`: there is none, or nothing is known of it. */
  readonly loadUnread: (() => Promise<void>) | null;
}

export interface Place {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  /** The newest message is on screen. */
  readonly isAtEnd: boolean;
  /** The unread line has not been on screen yet and is above it. */
  readonly isLineAbove: boolean;
  /** The last page that was asked for did not come. */
  readonly isStuck: boolean;
  onScroll(): void;
  onResize(): void;
  toUnread(): void;
  toNewest(): void;
  /** Asks again for what did not come. */
  retry(): void;
}

/** Where the list of messages stands, and what moves it: it begins at the first unread message and follows the newest. */
export function usePlace(options: PlaceOptions): Place {
  const { window, count, unreadRow, hasOlder, hasNewer, loading, loadUnread } = options;
  const scroller = useRef<HTMLElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const latest = useRef(options);
  latest.current = options;
  /** Until it is reached, the list stands for nothing the person chose. */
  const goal = useRef<'begin' | 'unread' | 'newest' | null>('begin');
  const follows = useRef(false);
  const lastTop = useRef(0);
  const hasSeenLine = useRef(false);
  const [isAtEnd, setAtEnd] = useState(false);
  const [isLineAbove, setLineAbove] = useState(false);
  const [isStuck, setStuck] = useState(false);

  const toEnd = useCallback(() => {
    follows.current = true;
    const { current } = scroller;
    if (current) current.scrollTop = current.scrollHeight;
  }, []);

  const ask = useCallback((load: () => Promise<void>) => {
    load().then(
      () => setStuck(false),
      () => setStuck(true),
    );
  }, []);

  /** What the new offset means: whether it follows, what is above, which page is wanted next. */
  const look = useCallback(() => {
    const { current } = scroller;
    if (!current || goal.current !== null) return;
    const now = latest.current;
    const top = current.scrollTop;
    const below = current.scrollHeight - top - current.clientHeight;
    const atEnd = below <= AT_END_PX && !now.hasNewer;
    // Growth alone does not end the following; a person who scrolls up does.
    if (atEnd) follows.current = true;
    else if (top < lastTop.current - 1) follows.current = false;
    lastTop.current = top;
    setAtEnd(atEnd || follows.current);
    const lineTop = now.unreadRow < 0 ? -1 : (list.current?.getItemOffset(now.unreadRow) ?? 0);
    if (now.unreadRow >= 0 && lineTop >= top - 8 && lineTop < top + current.clientHeight) hasSeenLine.current = true;
    setLineAbove(!hasSeenLine.current && now.unreadRow >= 0 && lineTop < top);
    if (now.loading) return;
    if (now.hasOlder && top < NEAR_PX) ask(now.loadOlder);
    else if (now.hasNewer && below < NEAR_PX) ask(now.loadNewer);
  }, [ask]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another line has not been seen
  useEffect(() => {
    hasSeenLine.current = false;
  }, [unreadRow < 0]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another window is another place
  useLayoutEffect(() => {
    if (count === 0) return;
    if (goal.current === 'begin' && unreadRow < 0 && loadUnread) {
      goal.current = 'unread';
      loadUnread().catch(() => {
        goal.current = null;
        toEnd();
      });
      return;
    }
    if ((goal.current === 'begin' || goal.current === 'unread') && unreadRow >= 0) {
      goal.current = null;
      follows.current = false;
      list.current?.scrollToIndex(unreadRow, { align: 'start', offset: -ABOVE_LINE_PX });
    } else if (goal.current === 'begin' || (goal.current === 'newest' && !hasNewer)) {
      goal.current = null;
      toEnd();
    } else if (follows.current && !hasNewer) {
      toEnd();
    }
    look();
  }, [window, count, unreadRow, hasNewer, loading, hasOlder]);

  return {
    scroller,
    list,
    isAtEnd,
    isLineAbove,
    isStuck,
    onScroll: look,
    onResize: () => {
      if (follows.current && goal.current === null && !hasNewer) toEnd();
    },
    toUnread: () => {
      if (unreadRow >= 0) {
        follows.current = false;
        list.current?.scrollToIndex(unreadRow, { align: 'start', offset: -ABOVE_LINE_PX, smooth: true });
      } else if (loadUnread) {
        goal.current = 'unread';
        ask(loadUnread);
      }
    },
    toNewest: () => {
      if (!hasNewer) {
        toEnd();
        return;
      }
      goal.current = 'newest';
      ask(latest.current.loadNewest);
    },
    retry: () => {
      setStuck(false);
      look();
    },
  };
}
