import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { VirtualizerHandle } from 'virtua';
import { type Anchor, anchorOnScreen, belowScreen, keepInPlace } from './anchor.ts';
import type { Row } from './rows.ts';

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
  /** None until something was loaded. */
  readonly rows: readonly Row[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loading: boolean;
  readonly loadOlder: () => Promise<void>;
  readonly loadNewer: () => Promise<void>;
  readonly loadNewest: () => Promise<void>;
  /** Whether it is known what was read: where to begin depends on it. */
  readonly isReadKnown: boolean;
  /** Brings the rows around the first unread message; `null`: there is none. */
  readonly loadUnread: (() => Promise<void>) | null;
  readonly loadAround: (conversationSeq: number) => Promise<void>;
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
  /** The list or what it holds has another size. */
  onResize(): void;
  toUnread(): void;
  toNewest(): void;
  /** To the row with this key, which is loaded where it is not here. */
  toMessage(key: string, conversationSeq: number): void;
  /** Asks again for what did not come. */
  retry(): void;
}

/**
 * Where the list of messages stands. It begins at the first unread message, else at the end, where it waits until that is
 * known, unless a person scrolls. One rule keeps its place: an anchor is put back where it was after each change of the
 * layout, until a person scrolls; then what they see is the anchor. When the newest message is on screen and another one
 * comes, the end is.
 */
export function usePlace(options: PlaceOptions): Place {
  const { window, rows } = options;
  const scroller = useRef<HTMLElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const latest = useRef(options);
  latest.current = options;
  const anchor = useRef<Anchor>('end');
  /** What becomes the anchor when its rows are here. */
  const goal = useRef<'begin' | 'unread' | 'newest' | 'anchor' | null>('begin');
  /** The latest anchor that was gone to; `isArriving`: it does not stand still yet, and what is on screen means nothing. */
  const journey = useRef(0);
  const isArriving = useRef(false);
  /** How the list was left: one that stands elsewhere in the same layout was scrolled by a person. */
  const left = useRef({ top: 0, height: 0, screen: 0 });
  const shown = useRef<{ window: number; rows: readonly Row[] }>({ window, rows: [] });
  const isAtEndRef = useRef(false);
  const hasSeenLine = useRef(false);
  /** What did not come is asked for again by a person, or when the connection is back. */
  const stuck = useRef(false);
  const [isAtEnd, setAtEnd] = useState(false);
  const [isLineAbove, setLineAbove] = useState(false);
  const [isStuck, setStuck] = useState(false);

  const layout = useCallback(
    () =>
      scroller.current && list.current
        ? { scroller: scroller.current, list: list.current, rows: latest.current.rows }
        : null,
    [],
  );

  const keep = useCallback(() => {
    const now = layout();
    // What comes back is not replaced by what is on screen until then.
    if (!now || now.rows.length === 0 || goal.current === 'anchor') return;
    if (!keepInPlace(anchor.current, now)) anchor.current = anchorOnScreen(now);
    const { scrollTop: top, scrollHeight: height, clientHeight: screen } = now.scroller;
    left.current = { top, height, screen };
  }, [layout]);

  const ask = useCallback((load: () => Promise<void>, then?: () => void) => {
    const end = (isMissing: boolean): void => {
      stuck.current = isMissing;
      setStuck(isMissing);
    };
    load().then(
      () => {
        end(false);
        then?.();
      },
      () => {
        goal.current = null;
        end(true);
      },
    );
  }, []);

  /** What is on screen: whether that is the end, where the unread line is, which page is wanted next. */
  const look = useCallback(() => {
    const now = layout();
    // Nothing on screen is not the end.
    if (!now || now.rows.length === 0 || goal.current !== null || isArriving.current) return;
    const { rows, hasOlder, hasNewer, loading, loadOlder, loadNewer } = latest.current;
    const { scrollTop: top, clientHeight } = now.scroller;
    const below = belowScreen(now.scroller);
    isAtEndRef.current = below <= AT_END_PX && !hasNewer;
    setAtEnd(isAtEndRef.current);
    const line = rows.findIndex((row) => row.beginsUnread);
    const lineTop = line < 0 ? 0 : now.list.getItemOffset(line);
    if (line >= 0 && lineTop >= top - 8 && lineTop < top + clientHeight) hasSeenLine.current = true;
    setLineAbove(!hasSeenLine.current && line >= 0 && lineTop < top);
    if (loading || stuck.current) return;
    if (hasOlder && top < NEAR_PX) ask(loadOlder);
    else if (hasNewer && below < NEAR_PX) ask(loadNewer);
  }, [layout, ask]);

  /** Makes it the anchor; what is on screen means something when it stands still there. */
  const goTo = useCallback(
    (next: Anchor) => {
      anchor.current = next;
      goal.current = null;
      isArriving.current = true;
      journey.current += 1;
      const mine = journey.current;
      const step = (frames: number, before: number, still: number): void => {
        const { current } = scroller;
        if (!current || journey.current !== mine) return;
        keep();
        const place = current.scrollTop + current.scrollHeight;
        const isStill = place === before && (list.current?.viewportSize ?? 0) > 0;
        if (frames > SETTLE_FRAMES || (isStill && still === STILL_FRAMES)) {
          isArriving.current = false;
          look();
        } else requestAnimationFrame(() => step(frames + 1, place, isStill ? still + 1 : 0));
      };
      step(0, -1, 0);
    },
    [keep, look],
  );

  const toNewest = useCallback(() => {
    if (!latest.current.hasNewer) {
      goTo('end');
      return;
    }
    goal.current = 'newest';
    ask(latest.current.loadNewest);
  }, [goTo, ask]);

  /** Brings what becomes the anchor. Where it is not among what came, the newest does. */
  const seek = useCallback(
    (what: 'unread' | 'anchor', load: () => Promise<void>) => {
      goal.current = what;
      ask(load, () =>
        // Drawn by then.
        requestAnimationFrame(() => {
          if (goal.current === what) toNewest();
        }),
      );
    },
    [ask, toNewest],
  );

  const toUnread = useCallback(() => {
    const { rows, loadUnread } = latest.current;
    const line = rows.find((row) => row.beginsUnread);
    if (line) goTo({ key: line.key, top: ABOVE_LINE_PX });
    // It may have been read elsewhere meanwhile.
    else if (loadUnread) seek('unread', loadUnread);
  }, [goTo, seek]);

  const toMessage = useCallback(
    (key: string, conversationSeq: number) => {
      const to = { key, top: ABOVE_LINE_PX };
      if (latest.current.rows.some((row) => row.key === key)) goTo(to);
      else {
        anchor.current = to;
        seek('anchor', () => latest.current.loadAround(conversationSeq));
      }
    },
    [goTo, seek],
  );

  const hasLine = rows.some((row) => row.beginsUnread);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another line has not been seen
  useEffect(() => {
    hasSeenLine.current = false;
  }, [hasLine]);

  /** Rows have come or gone, or there is word of others. */
  useLayoutEffect(() => {
    const last = rows.at(-1)?.key;
    const before = shown.current;
    shown.current = { window, rows };
    if (last === undefined) return;
    const { hasNewer, isReadKnown, loadUnread, loadAround } = latest.current;
    const { current: at } = anchor;
    const isHere = at === 'end' || rows.some((row) => row.key === at.key);
    const isElsewhere = before.rows.length === 0 || before.window !== window;
    if (goal.current === null && !isHere) {
      // So many came at once, or everything was fetched anew, that what somebody reads is no longer here.
      const lost = before.rows.find((row) => row.key === at.key)?.item;
      if (lost?.status === 'stored') seek('anchor', () => loadAround(lost.conversationSeq));
      else if (isElsewhere) goal.current = 'begin';
    }
    if (goal.current === 'begin') {
      anchor.current = 'end';
      keep();
      if (hasLine || loadUnread) toUnread();
      else if (isReadKnown) toNewest();
    } else if (goal.current === 'unread' && hasLine) toUnread();
    else if (goal.current === 'newest' && !hasNewer) goTo('end');
    else if (goal.current === 'anchor' && isHere) goTo(at);
    else if (goal.current === null) {
      if (last !== before.rows.at(-1)?.key && isAtEndRef.current) anchor.current = 'end';
      keep();
      // So much came at once that the window let go of the end.
      if (anchor.current === 'end' && hasNewer && !stuck.current) toNewest();
      else look();
    } else keep();
  });

  return {
    scroller,
    list,
    isAtEnd,
    isLineAbove,
    isStuck,
    onScroll: () => {
      const now = layout();
      if (!now || now.rows.length === 0) return;
      const { scrollTop, scrollHeight, clientHeight } = now.scroller;
      const { top, height, screen } = left.current;
      const isSameLayout = scrollHeight === height && clientHeight === screen;
      if (!isSameLayout || isArriving.current) keep();
      else if (Math.abs(scrollTop - top) >= 1) {
        left.current = { top: scrollTop, height, screen };
        stuck.current = false;
        if (goal.current === 'begin' || goal.current === 'anchor') goal.current = null;
        const isEnd = belowScreen(now.scroller) <= AT_END_PX && !latest.current.hasNewer;
        anchor.current = isEnd ? 'end' : anchorOnScreen(now);
      }
      look();
    },
    onResize: () => {
      keep();
      const { current } = scroller;
      // The list would hear of a scroll with the next frame, and draw this one as if it stood elsewhere.
      if (current && list.current && Math.abs(current.scrollTop - list.current.scrollOffset) >= 1) {
        flushSync(() => void current.dispatchEvent(new Event('scroll')));
      }
      look();
    },
    toUnread,
    toNewest,
    toMessage,
    retry: () => {
      stuck.current = false;
      setStuck(false);
      look();
    },
  };
}
