import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { watchHand } from './watch-hand.ts';

/** Nearer to an end than this, the next page is asked for. */
const NEAR_PX = 900;
/** As near to the newest message as this counts as seeing it. */
const AT_END_PX = 40;
/** Left free above the line where the unread messages begin. */
const ABOVE_LINE_PX = 56;
/** Rows are measured as they are drawn: so many frames a place may take to stand still. */
const SETTLE_FRAMES = 60;
const STILL_FRAMES = 2;

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

interface Place {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  /** The newest message is on screen. */
  readonly isAtEnd: boolean;
  /** The unread line is above what is on screen, and was not on it yet. */
  readonly isLineAbove: boolean;
  /** The last page that was asked for did not come. */
  readonly isStuck: boolean;
  onScroll(): void;
  toUnread(): void;
  toNewest(): void;
  /** Asks again for what did not come. */
  retry(): void;
}

/** Where the list of messages stands, and what moves it: it begins at the first unread message and follows the newest. */
export function usePlace(options: PlaceOptions): Place {
  const { window, count, unreadRow, hasOlder, hasNewer, loading } = options;
  const scroller = useRef<HTMLElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const latest = useRef(options);
  latest.current = options;
  /** What the list is on its way to; until it is there, where it stands means nothing. */
  const goal = useRef<'begin' | 'unread' | 'newest' | 'settling' | null>('begin');
  const follows = useRef(false);
  /** The latest journey; one that was overtaken ends. */
  const journey = useRef(0);
  const hand = useRef<(() => boolean) | null>(null);
  const lastTop = useRef(0);
  const hasSeenLine = useRef(false);
  const [isAtEnd, setAtEnd] = useState(false);
  const [isLineAbove, setLineAbove] = useState(false);
  const [isStuck, setStuck] = useState(false);

  const isEmpty = count === 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an empty conversation has no scroller yet
  useEffect(() => {
    if (!scroller.current) return;
    const { isMoving, stop } = watchHand(scroller.current);
    hand.current = isMoving;
    return stop;
  }, [isEmpty]);

  const ask = useCallback((load: () => Promise<void>) => {
    load().then(
      () => setStuck(false),
      () => {
        if (goal.current !== 'settling') goal.current = null;
        setStuck(true);
      },
    );
  }, []);

  /** What the offset means: whether it follows, what is above, which page is wanted next. */
  const look = useCallback(() => {
    const { current } = scroller;
    if (!current || goal.current !== null) return;
    const now = latest.current;
    const top = current.scrollTop;
    const below = current.scrollHeight - top - current.clientHeight;
    const atEnd = below <= AT_END_PX && !now.hasNewer;
    if (atEnd) follows.current = true;
    // What is measured anew moves the list, too: only a person ends the following.
    else if (top < lastTop.current && hand.current?.()) follows.current = false;
    lastTop.current = top;
    setAtEnd(atEnd || follows.current);
    const lineTop = now.unreadRow < 0 ? 0 : (list.current?.getItemOffset(now.unreadRow) ?? 0);
    if (now.unreadRow >= 0 && lineTop >= top - 8 && lineTop < top + current.clientHeight) hasSeenLine.current = true;
    setLineAbove(!hasSeenLine.current && now.unreadRow >= 0 && lineTop < top);
    if (now.loading) return;
    if (now.hasOlder && top < NEAR_PX) ask(now.loadOlder);
    else if (now.hasNewer && below < NEAR_PX) ask(now.loadNewer);
  }, [ask]);

  const toEnd = useCallback(() => {
    const { current } = scroller;
    if (current) current.scrollTop = current.scrollHeight;
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another window has another list element
  useEffect(() => {
    const { current } = scroller;
    if (!current) return;
    // A row is measured after it is drawn, and the keyboard of a phone takes room: the end moves, and the list with it.
    const observer = new ResizeObserver(() => {
      if (follows.current && goal.current === null && !latest.current.hasNewer) toEnd();
    });
    for (const element of [current, ...current.children]) observer.observe(element);
    return () => observer.disconnect();
  }, [window, isEmpty, toEnd]);

  /** Goes to a row, or to the end, again after each frame until it stands still there. */
  const settle = useCallback(
    (row: number | 'end') => {
      goal.current = 'settling';
      follows.current = row === 'end';
      journey.current += 1;
      const mine = journey.current;
      const step = (frames: number, before: number, still: number): void => {
        const { current } = scroller;
        if (!current || journey.current !== mine) return;
        if (row === 'end') toEnd();
        else current.scrollTop = (list.current?.getItemOffset(row) ?? 0) - ABOVE_LINE_PX;
        const place = current.scrollTop + current.scrollHeight;
        const isStill = place === before && (list.current?.viewportSize ?? 0) > 0;
        if (frames > SETTLE_FRAMES || (isStill && still === STILL_FRAMES)) {
          goal.current = null;
          lastTop.current = current.scrollTop;
          look();
        } else requestAnimationFrame(() => step(frames + 1, place, isStill ? still + 1 : 0));
      };
      step(0, -1, 0);
    },
    [look, toEnd],
  );

  const toUnread = useCallback(() => {
    const { loadUnread } = latest.current;
    if (latest.current.unreadRow >= 0) settle(latest.current.unreadRow);
    else if (loadUnread) {
      goal.current = 'unread';
      journey.current += 1;
      ask(loadUnread);
    }
  }, [settle, ask]);

  const toNewest = useCallback(() => {
    if (!latest.current.hasNewer) {
      settle('end');
      return;
    }
    goal.current = 'newest';
    journey.current += 1;
    ask(latest.current.loadNewest);
  }, [settle, ask]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another line has not been seen
  useEffect(() => {
    hasSeenLine.current = false;
  }, [unreadRow < 0]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another window is another place
  useLayoutEffect(() => {
    if (count === 0) return;
    const wanted = goal.current;
    if ((wanted === 'begin' || wanted === 'unread') && unreadRow >= 0) settle(unreadRow);
    else if (wanted === 'begin' && latest.current.loadUnread) {
      toEnd();
      toUnread();
    } else if (wanted === 'begin' || (wanted === 'newest' && !hasNewer)) settle('end');
    else if (wanted === null) {
      if (follows.current && !hasNewer) toEnd();
      // So much came at once that the window let go of the end.
      if (follows.current && hasNewer) toNewest();
      else look();
    }
  }, [window, count, unreadRow, hasNewer, loading, hasOlder]);

  return {
    scroller,
    list,
    isAtEnd,
    isLineAbove,
    isStuck,
    onScroll: look,
    toUnread,
    toNewest,
    retry: () => {
      setStuck(false);
      look();
    },
  };
}
