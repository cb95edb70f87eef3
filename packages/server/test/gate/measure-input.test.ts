import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureInput } from '../../src/gate/measure-input.ts';

const AMPLE = 1_000_000;

test('counts any JSON value as many bytes as JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(measureInput(value, AMPLE)).toBe(Buffer.byteLength(JSON.stringify(value)));
    }),
  );
});

test.each([
  ['a string of control characters', '\u0000'.repeat(1_000), 6_002],
  ['a lone surrogate', '\ud800', 8],
  ['letters of several bytes', 'ü'.repeat(10), 22],
  ['an array', [1, 2, 3], 7],
  ['a date', new Date(0), 26],
  ['a typed array', new Float64Array(100), 800],
  ['a set of strings', new Set(['a', 'b']), 9],
])('counts %s', (_, value, bytes) => {
  expect(measureInput(value, AMPLE)).toBe(bytes);
});

test('counts a shared value each time that it would be written', () => {
  const once = 'x'.repeat(998);
  const doubled = (levels: number): unknown => {
    let value: unknown = [once];
    for (let level = 0; level < levels; level++) value = [value, value];
    return value;
  };
  expect(measureInput(doubled(3), AMPLE)).toBeGreaterThan(8_000);
  // 2^60 copies: only a walk that stops ends.
  expect(measureInput(doubled(60), 64 * 1024)).toBeGreaterThan(64 * 1024);
});

test.each([
  ['a cycle', cycle()],
  ['an array that claims a length', new Array(2 ** 32 - 1)],
  ['a deep array', deep(200_000)],
  ['a long key', { ['k'.repeat(100_000)]: 1 }],
])('stops at the bound in %s', (_, value) => {
  expect(measureInput(value, 64 * 1024)).toBeGreaterThan(64 * 1024);
});

function cycle(): unknown {
  const value: unknown[] = [];
  value.push(value);
  return value;
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
