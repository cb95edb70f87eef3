import { ENVELOPE_BYTES, type FeedInfo, type JsonObject, TidemarkError } from '@tidemark/core';

/** Refuses what the server would: a frame that is too large cuts the socket, and every other call on it. */
export function checkSize(content: JsonObject, limits: FeedInfo['limits'] | undefined): void {
  if (!limits) return;
  const most = Math.min(limits.contentBytes, limits.frameBytes - ENVELOPE_BYTES);
  const bytes = utf8Length(JSON.stringify(content));
  if (bytes <= most) return;
  const detail = `is ${bytes} bytes, at most ${most} (limits.contentBytes)`;
  throw new TidemarkError('content_too_large', detail, { field: 'content' });
}

/** Of JSON text, which holds no lone surrogate. Not every React Native has a TextEncoder. */
function utf8Length(text: string): number {
  return encodeURIComponent(text).replace(/%../g, '.').length;
}
