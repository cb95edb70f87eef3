import type { Event, Pin } from '@tidemark/core';

/** What is pinned once these events of a conversation have happened, the last that was pinned first. */
export function pinsIn(events: readonly Event[]): readonly Pin[] {
  let pins: readonly Pin[] = [];
  for (const event of events) {
    if (event.type === 'message.revoked') {
      pins = pins.filter((pin) => !event.targets.some(({ seq }) => seq === pin.seq));
    }
    if (event.type !== 'pin.changed') continue;
    const { targetSeq: seq, actorId: by, on } = event;
    const others = pins.filter((pin) => pin.seq !== seq);
    pins = on ? [{ seq, by }, ...others] : others;
  }
  return pins;
}
