import type { VirtualizerHandle } from 'virtua';

/**
 * What keeps its place on screen, whatever is measured, loaded or resized around it: a row, so far below the upper edge of
 * the list; or the end.
 */
export type Anchor = { readonly key: string; readonly top: number } | 'end';

/** The list as it is laid out now. */
export interface Layout {
  readonly scroller: HTMLElement;
  readonly list: VirtualizerHandle;
  readonly rows: readonly { readonly key: string }[];
}

/** How far the end is below what is on screen, in px. */
export function belowScreen({ scrollTop, scrollHeight, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}

/** The first row that begins on screen. */
export function anchorOnScreen({ scroller, list, rows }: Layout): Anchor {
  const { scrollTop, clientHeight } = scroller;
  const topOf = (index: number): number => list.getItemOffset(index) - scrollTop;
  const edge = list.findItemIndex(scrollTop);
  let index = topOf(edge) < 0 ? edge + 1 : edge;
  // What stands in the first row above its message changes when older ones come before it.
  if (index === 0) index = 1;
  // A message longer than the screen.
  if (index >= rows.length || topOf(index) >= clientHeight) index = Math.min(edge, rows.length - 1);
  const row = rows[index];
  return row ? { key: row.key, top: topOf(index) } : 'end';
}

/** Scrolls so that the anchor stands in its place, as far as the list reaches. False: its row is not here. */
export function keepInPlace(anchor: Anchor, { scroller, list, rows }: Layout): boolean {
  let move = belowScreen(scroller);
  if (anchor !== 'end') {
    const index = rows.findIndex((row) => row.key === anchor.key);
    if (index < 0) return false;
    move = list.getItemOffset(index) - anchor.top - scroller.scrollTop;
  }
  // Relative, so that nothing is lost of a scroll that is under way; browsers round to a pixel.
  if (Math.abs(move) >= 1) scroller.scrollBy({ top: move, behavior: 'instant' });
  return true;
}
