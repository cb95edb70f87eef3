import { type RefObject, useEffect, useState } from 'react';

/**
 * Where the line "New messages" stands: after the message that was read last when the unread ones began. It stays while
 * the conversation is open, so that reading does not take it away, and moves when more arrive that nobody looks at.
 *
 * @param isReading whether the newest message is on screen, and somebody looks
 */
export function useUnreadLine(
  item: { readonly unread: number; readonly readSeq: number } | null,
  isReading: RefObject<boolean>,
): number | null {
  const unread = item?.unread ?? 0;
  const readSeq = item?.readSeq ?? 0;
  const [line, setLine] = useState<number | null>(unread > 0 ? readSeq : null);
  const [isCounting, setCounting] = useState(unread > 0);

  useEffect(() => {
    if (unread === 0) setCounting(false);
    else if (!isCounting && !isReading.current) {
      setCounting(true);
      setLine(readSeq);
    }
  }, [unread, readSeq, isCounting, isReading]);
  return line;
}
