/** A wheel goes on rolling, and a flick glides, for so long after the last event of the hand. */
const AFTER_MS = 1_000;

/** Tells whether a person moves what scrolls: by wheel, touch, keys, or the scrollbar. */
export function watchHand(scroller: HTMLElement): { isMoving(): boolean; stop(): void } {
  const ended = new AbortController();
  const options = { passive: true, signal: ended.signal };
  let last = Number.NEGATIVE_INFINITY;
  let isHolding = false;
  const moved = (): void => {
    last = performance.now();
  };
  for (const type of ['wheel', 'touchmove', 'keydown'] as const) scroller.addEventListener(type, moved, options);
  const held = (holds: boolean) => (): void => {
    isHolding = holds;
    moved();
  };
  scroller.addEventListener('pointerdown', held(true), options);
  for (const type of ['pointerup', 'pointercancel'] as const) addEventListener(type, held(false), options);
  return { isMoving: () => isHolding || performance.now() - last < AFTER_MS, stop: () => ended.abort() };
}
