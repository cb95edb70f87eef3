import { createIdSource } from '@tidemark/core';
import { describe, expect, test } from 'vitest';

const at = 1_700_000_000_000;

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('ids', () => {
  test('are the ULIDs that other implementations make of the same time and randomness', () => {
    const ids = createIdSource(seeded(7));
    expect([at, at, at - 1, at + 1, 281_474_976_710_655].map((time) => ids.messageId(time))).toEqual([
      '01HF7YAT00J4N2XM6TSKAR76K0',
      '01HF7YAT00J4N2XM6TSKAR76K1',
      '01HF7YAT00J4N2XM6TSKAR76K2',
      '01HF7YAT01WH1B04Q9J9Z2R2Y4',
      '7ZZZZZZZZZAGDEX608M4STGRK5',
    ]);
  });

  test('of one millisecond count on over a digit that is full', () => {
    const draws = [...Array.from({ length: 3 }, () => 0.999), ...Array.from({ length: 13 }, () => 0)];
    const ids = createIdSource(() => draws.shift() ?? 0);
    expect([ids.commandId(at), ids.commandId(at)]).toEqual([
      '01HF7YAT000000000000000ZZZ',
      '01HF7YAT000000000000001000',
    ]);
  });

  test('of two sources differ without a seed', () => {
    const [one, other] = [createIdSource(), createIdSource()];
    expect(one.messageId(at)).not.toBe(other.messageId(at));
    expect(one.messageId(at)).toMatch(/^01HF7YAT00[0-9A-HJKMNP-TV-Z]{16}$/);
  });
});
