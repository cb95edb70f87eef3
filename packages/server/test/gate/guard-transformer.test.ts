import { parseErrorText } from '@tidemark/core';
import { TRPCError } from '@trpc/server';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { guardTransformer, type InputGuardOptions } from '../../src/gate/guard-transformer.ts';

const build = (raw: unknown, options?: InputGuardOptions): unknown =>
  guardTransformer(superjson, options).input.deserialize(raw);

function refusal(raw: unknown, options?: InputGuardOptions) {
  try {
    build(raw, options);
  } catch (error) {
    expect(error).toBeInstanceOf(TRPCError);
    return parseErrorText((error as Error).message);
  }
  throw new Error('it was built');
}

/** Through JSON, as it comes over the wire. */
const wire = (raw: unknown): unknown => JSON.parse(JSON.stringify(raw));

test.each([
  ['plain JSON', { a: [1, 'x', null, { b: true }] }],
  ['undefined', undefined],
  ['an absent member', { a: undefined, b: [undefined] }],
  ['a date', { at: new Date(5) }],
  ['numbers JSON has no word for', [Number.NaN, Number.POSITIVE_INFINITY, -0]],
  ['a bigint', { n: 2n ** 200n }],
  ['a URL', new URL('https://app.test/a?b')],
  ['sets and maps, nested', new Map([['k', new Set([new Date(1), 2])]])],
  ['keys with dots and backslashes', { 'a.b\\': { 'c.d': new Date(7) } }],
  [
    'values that are shared',
    (() => {
      const at = { x: 1 };
      return { first: at, second: at };
    })(),
  ],
])('builds %s as the transformer alone does', (_, value) => {
  const raw = wire(superjson.serialize(value));
  expect(build(raw)).toEqual(superjson.deserialize(raw as never));
});

describe('refuses before it builds anything', () => {
  const references = (count: number) => Array.from({ length: count }, (_, n) => `b.${n}`);
  test.each<[string, unknown, RegExp]>([
    [
      'a typed array that claims a length',
      { json: { x: { length: 3e8 } }, meta: { values: { x: [['typed-array', 'Uint8Array']] } } },
      /typed-array/,
    ],
    ['a class', { json: {}, meta: { values: [['class', 'Admin']] } }, /class/],
    ['an expression', { json: '/(a+)+$/', meta: { values: ['regexp'] } }, /regexp/],
    ['an error', { json: { stack: 's' }, meta: { values: ['Error'] } }, /Error/],
    ['an annotation of no known name', { json: 1, meta: { values: ['constructor'] } }, /constructor/],
    ['a set of too many', { json: Array.from({ length: 1_001 }, (_, n) => n), meta: { values: ['set'] } }, /too large/],
    ['a set that is none', { json: { length: 5 }, meta: { values: ['set'] } }, /no set/],
    ['a map of what are no entries', { json: [1], meta: { values: ['map'] } }, /no map/],
    ['a bigint of too many digits', { json: '9'.repeat(1_001), meta: { values: ['bigint'] } }, /no bigint/],
    ['an annotation of a place that is not there', { json: {}, meta: { values: { 'a.b': ['Date'] } } }, /no Date/],
    ['an annotation of a prototype', { json: {}, meta: { values: { __proto__x: ['Date'] } } }, /no Date/],
    [
      'too many annotations',
      {
        json: {},
        meta: { values: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, ['undefined']])) },
      },
      /limits\.inputAnnotations/,
    ],
    [
      'annotations nested without end',
      { json: {}, meta: { values: nested(1_000) } },
      /limits\.inputAnnotations|levels/,
    ],
    ['a path without end', { json: {}, meta: { values: { ['a.'.repeat(100_000)]: ['Date'] } } }, /levels/],
    [
      'too many references',
      { json: { a: {}, b: [] }, meta: { referentialEqualities: { a: references(20_000) } } },
      /limits\.inputReferences/,
    ],
    [
      'too many references to the whole',
      { json: {}, meta: { referentialEqualities: [references(20_000)] } },
      /limits\.inputReferences/,
    ],
    [
      'references by too many paths',
      { json: {}, meta: { referentialEqualities: Object.fromEntries(references(200).map((path) => [path, []])) } },
      /limits\.inputReferences/,
    ],
    ['references that are no lists', { json: {}, meta: { referentialEqualities: { a: 'b' } } }, /lists/],
  ])('%s', (_, raw, rule) => {
    const error = refusal(wire(raw));
    expect(error).toMatchObject({ code: 'invalid_input', field: 'input', policy: 'give-up' });
    expect(error?.detail).toMatch(rule);
  });
});

function nested(levels: number): unknown {
  let tree: unknown = ['undefined'];
  for (let level = 0; level < levels; level++) tree = { a: tree };
  return tree;
}

test('what references make larger than the limit is refused before anything else sees it', () => {
  // Each level holds the one before twice: 40 references stand for a million million strings.
  const json: Record<string, unknown> = { l0: ['x'.repeat(100)] };
  const equalities: Record<string, string[]> = {};
  for (let level = 1; level <= 30; level++) {
    json[`l${level}`] = [null, null];
    equalities[`l${level - 1}`] = [`l${level}.0`, `l${level}.1`];
  }
  const raw = wire({ json, meta: { referentialEqualities: equalities, v: 1 } });
  const error = refusal(raw, { limits: { inputReferences: 100 } });
  expect(error).toMatchObject({ code: 'content_too_large', field: 'input' });
  expect(error?.detail).toContain('limits.inputBytes');
});

test('an input that refers to itself has no end, and is refused', () => {
  expect(refusal(wire({ json: { a: null }, meta: { referentialEqualities: [['a']], v: 1 } }))).toMatchObject({
    code: 'content_too_large',
  });
});

test('what an application allows is built, and still has to be what it says', () => {
  const allow = ['typed-array', 'regexp'] as const;
  const bytes = wire(superjson.serialize({ bytes: new Uint8Array([1, 2]), filter: /a/g }));
  expect(build(bytes, { allow })).toEqual({ bytes: new Uint8Array([1, 2]), filter: /a/g });
  const claim = { json: { length: 3e8 }, meta: { values: [['typed-array', 'Uint8Array']] } };
  expect(refusal(claim, { allow })?.detail).toMatch(/no typed-array/);
  expect(build(wire(superjson.serialize(new Set([1, 2, 3]))), { limits: { inputEntries: 3 } })).toEqual(
    new Set([1, 2, 3]),
  );
});

test("another transformer's result is measured, and what it throws is not repeated", () => {
  const shared = ['x'.repeat(1_000)];
  const other = {
    serialize: (value: unknown) => value,
    deserialize: (raw: unknown) => {
      if (raw === 'bad') throw new Error('secret words');
      return Array.from({ length: 5_000 }, () => shared);
    },
  };
  const guard = guardTransformer(other);
  expect(() => guard.input.deserialize('many')).toThrow(/content_too_large.*limits\.inputBytes/);
  expect(() => guard.input.deserialize('bad')).toThrow('invalid_input [input]: cannot be read');
  expect(guard.output).toBe(other);
});

test('a guard is not guarded again: the options of the first hold', () => {
  const guard = guardTransformer(superjson, { allow: ['regexp'] });
  const again = guardTransformer(guard);
  expect(again.input.deserialize(wire(superjson.serialize(/a/)))).toEqual(/a/);
});
