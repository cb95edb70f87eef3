import { type RefObject, useEffect, useState } from 'react';

/**
 * Where the line "New messages" stands: after the message that was read last when the unread ones began. It stays while
 * the conversation is open, so that reading does not take it away, and moves when more arrive that nobody looks at.
 *
 * @param item `null` until it is known
 * @param isReading whether the newest message is on screen, and somebody looks
 * @returns its conversationSeq; `null`: there is no line, `undefined`: not known yet
 */
export function useUnreadLine(
  item: { readonly unread: number; readonly readSeq: number } | null,
  isReading: RefObject<boolean>,
): number | null | undefined {
  const isKnown = item !== null;
  const unread = item?.unread ?? 0;
  const readSeq = item?.readSeq ?? 0;
  const [line, setLine] = useState(() => (isKnown ? (unread > 0 ? readSeq : null) : undefined));
  const [isCounting, setCounting] = useState(unread > 0);

  useEffect(() => {
    if (!isKnown) return;
    if (unread === 0) {
      setCounting(false);
      setLine((before) => before ?? null);
    } else if (!isCounting && !isReading.current) {
      setCounting(true);
      setLine(readSeq);
    }
  }, [isKnown, unread, readSeq, isCounting, isReading]);
  return line;
}
