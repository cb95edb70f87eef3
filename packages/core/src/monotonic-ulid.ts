/** Crockford's base 32: its characters sort like their values. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/**
 * Makes ULIDs that sort by time and, within one millisecond, in the order in which they were made: there the random part is
 * counted up. A time before that of the last one counts as the same.
 *
 * @param random numbers from 0 up to 1.
 */
export function monotonicUlids(random: () => number = cryptographic): (at: number) => string {
  let time = -1;
  let tail: number[] = [];
  return (at) => {
    if (at <= time) count(tail);
    else {
      time = at;
      tail = Array.from({ length: RANDOM_LENGTH }, () => Math.floor(random() * 32) % 32).reverse();
    }
    return textOf(time) + tail.map((digit) => DIGITS[digit]).join('');
  };
}

/** The last of the last: the first again, which in 80 bits nobody sees. */
function count(digits: number[]): void {
  for (let index = digits.length - 1; index >= 0; index -= 1) {
    const next = ((digits[index] ?? 0) + 1) % 32;
    digits[index] = next;
    if (next > 0) return;
  }
}

function textOf(time: number): string {
  let text = '';
  for (let left = time; text.length < TIME_LENGTH; left = Math.floor(left / 32)) text = DIGITS[left % 32] + text;
  return text;
}

/** Drawn in bulk: a call of the platform's source costs more than an id. */
const drawn = new Uint8Array(1_024);
let left = 0;

/**
 * React Native has no `crypto` of its own; there ids come from Math.random. That is enough for a client: an id must differ
 * from the same user's other ids, and nothing depends on nobody guessing it.
 */
function cryptographic(): number {
  const { crypto } = globalThis as { crypto?: Crypto };
  if (!crypto) return Math.random();
  if (left === 0) {
    crypto.getRandomValues(drawn);
    left = drawn.length;
  }
  left -= 1;
  return (drawn[left] ?? 0) / 256;
}
