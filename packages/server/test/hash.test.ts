import { parseConversationId } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { hashOf, partitionOf } from '../src/hash.ts';

test('the same in every process and version', () => {
  // FNV-1a of RFC 9923 for these: 811c9dc5, e40c292c, bf9cf968.
  expect(['', 'a', 'foobar'].map(hashOf)).toEqual([2_872_998_923, 444_641_715, 202_221_276]);
});

describe('the partition of a conversation', () => {
  test.each([
    ['of one user', (n: number) => `u:user-${n}`],
    ['of two users who are numbered alike', (n: number) => `d:ann-${n},ben-${n}`],
    ['of a user with all others', (n: number) => `d:support,user-${n}`],
    ['of users with even numbers', (n: number) => `d:ann-${2 * n},ben-${2 * n + 2}`],
  ])('is any of them, as often as the others: %s', (_, idOf) => {
    const counts = new Array<number>(8).fill(0);
    for (let n = 0; n < 8_000; n++) {
      const partition = partitionOf(parseConversationId(idOf(n)), 8);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    // Four standard deviations from 1,000.
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });
});
