import { isJsonObject } from '@tidemark/core';
import { hostileContent } from '@tidemark/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const nested = (levels: number): unknown => JSON.parse(`{"v":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`);

describe('a JSON object', () => {
  test('is whatever JSON can write and read back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(isJsonObject(JSON.parse(JSON.stringify(value)))).toBe(true);
      }),
    );
    expect(isJsonObject(hostileContent())).toBe(true);
    expect(isJsonObject(Object.create(null))).toBe(true);
  });

  test('may name what is absent, but has no holes in its lists', () => {
    expect(isJsonObject({ a: undefined })).toBe(true);
    expect(isJsonObject({ a: [undefined] })).toBe(false);
    expect(isJsonObject({ a: new Array(1) })).toBe(false);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['text', 'text'],
    ['NaN within', { a: Number.NaN }],
    ['infinity within', { a: [Number.POSITIVE_INFINITY] }],
    ['a date within', { a: new Date(0) }],
    ['a map', new Map()],
    ['an instance within', { a: { b: new (class Total {})() } }],
    ['a function within', { toJSON: () => 1 }],
    ['a big integer within', { a: 1n }],
    ['a symbol within', { a: Symbol('a') }],
  ])('is not %s', (_, value) => {
    expect(isJsonObject(value)).toBe(false);
  });

  test('is at most 128 levels deep', () => {
    expect(isJsonObject(nested(128))).toBe(true);
    expect(isJsonObject(nested(129))).toBe(false);
    expect(isJsonObject(nested(500_000))).toBe(false);
  });

  test('does not contain itself', () => {
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    expect(isJsonObject(circle)).toBe(false);
  });

  test('is no small value that unfolds without end', () => {
    let bomb: unknown = 'boom';
    for (let level = 0; level < 100; level++) bomb = [bomb, bomb];
    expect(isJsonObject({ bomb })).toBe(false);
  });
});
