import type { Line } from './seed-line.ts';

const MINUTE = 60_000;

const OPENERS = [
  'Who has the spare key?',
  'Delivery is at the door.',
  'The oven is making that sound again.',
  'Lunch is ready, whoever is hungry.',
  'Is anybody near the market?',
  'The tide is in. Lovely light at the window just now.',
  'Somebody left their umbrella. Green, wooden handle.',
  'I moved Thursday’s booking to eight.',
  'We are out of lemons.',
  'Good morning from the quay.',
];

const ANSWERS = [
  'On it.',
  'Ten minutes.',
  'Thank you!',
  'Not me this time.',
  'I can go, I need to post a letter anyway.',
  'Left shelf, behind the flour.',
  'Ha.',
  'Let’s talk about it at four.',
  'Fine with me.',
  'It has been doing that since Monday. If you close the door gently and then a little less gently, it stops for a while.',
  'Two would be enough, I think. Three if they are small.',
  'I asked. They say tomorrow, which means Friday.',
  'Yes, please.',
  'Can you send a photo?',
  'Done. The receipt is in the drawer.',
];

/** A long talk of several weeks, the same every time: bursts of a few lines, in the working day. */
export function banter(now: number, members: readonly string[], count: number): Line[] {
  const random = seeded(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const lines: Line[] = [];
  // Written backwards from now, so that the last line is always recent.
  let at = now - 11 * MINUTE;
  while (lines.length < count) {
    const burst = 2 + Math.floor(random() * 6);
    for (let left = burst; left > 0 && lines.length < count; left -= 1) {
      const text = left === 1 ? pick(OPENERS) : pick(ANSWERS);
      lines.push({ at, from: pick(members), message: { type: 'text', content: { text } } });
      at -= Math.ceil(random() * 4 * MINUTE);
    }
    at -= Math.ceil(random() * 150 * MINUTE);
    const hour = new Date(at).getHours();
    if (hour < 8 || hour > 21) at -= 10 * 60 * MINUTE;
  }
  return lines.reverse();
}

/** Mulberry32: small, and the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
