import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ContentSchemas, JsonObject } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ContentKinds } from '../../src/router/content-kinds.ts';

const schemas = {
  text: z.object({ text: z.string().min(1).max(8) }),
  order: z.object({ orderId: z.string(), lines: z.array(z.object({ total: z.number() })).default([]) }),
};

function kinds(given: ContentSchemas = schemas, contentBytes = 1_000): ContentKinds {
  return new ContentKinds(given, contentBytes);
}

function schemaOf(
  validate: StandardSchemaV1.Props<unknown, JsonObject>['validate'],
): StandardSchemaV1<unknown, JsonObject> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

describe('the names of kinds', () => {
  test.each(['text', 'order.line', 'a-b_c', 'X1', 'constructor', 'x'.repeat(64)])('may be %s', (name) => {
    expect(() => kinds({ [name]: schemas.text })).not.toThrow();
  });

  test.each(['', 'two words', 'ü', 'a/b', 'x'.repeat(65), 'unknown'])('may not be "%s"', (name) => {
    expect(() => kinds({ [name]: schemas.text })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: `content.${name}` }),
    );
  });

  test.each([undefined, null, {}, { '~standard': {} }, () => true])('stand for a schema, not for %s', (schema) => {
    const given = { text: schema } as unknown as ContentSchemas;
    expect(() => kinds(given)).toThrow(
      expect.objectContaining({ field: 'content.text', detail: expect.stringContaining('Standard Schema') }),
    );
  });
});

describe('content', () => {
  test('is what its schema gives out: defaults filled in, unknown fields dropped', async () => {
    const parsed = await kinds().parse('order', { orderId: 'o1', note: 'x' });
    expect(parsed).toEqual({ type: 'order', content: { orderId: 'o1', lines: [] } });
  });

  test('of a kind that does not exist is refused, naming those that do', async () => {
    for (const type of ['image', 'toString', '__proto__']) {
      await expect(kinds().parse(type, {})).rejects.toMatchObject({
        code: 'unknown_content_type',
        field: 'type',
        detail: `"${type}" is none of: text, order`,
      });
    }
  });

  test.each([
    ['text', {}, 'content.text'],
    ['text', { text: '' }, 'content.text'],
    ['text', null, 'content'],
    ['text', undefined, 'content'],
    ['order', { orderId: 'o1', lines: [{ total: 1 }, { total: '2' }] }, 'content.lines.1.total'],
  ])('that breaks its schema is refused, with the path of the field: %s %j', async (type, content, field) => {
    await expect(kinds().parse(type, content)).rejects.toMatchObject({ code: 'invalid_content', field });
  });

  test('is checked by schemas that answer later, and whose paths are of objects', async () => {
    const slow = schemaOf(async (value) =>
      (value as { ok?: boolean }).ok
        ? { value: { ok: true } }
        : { issues: [{ message: 'not ok', path: [{ key: 'ok' }, 0] }] },
    );
    expect(await kinds({ slow }).parse('slow', { ok: true })).toEqual({ type: 'slow', content: { ok: true } });
    await expect(kinds({ slow }).parse('slow', {})).rejects.toMatchObject({
      code: 'invalid_content',
      field: 'content.ok.0',
      detail: 'not ok',
    });
  });

  test('whose schema gives out what JSON cannot carry is refused', async () => {
    for (const value of ['text', [], null, { at: new Date(0) }, { big: 1n }, { n: Number.NaN }]) {
      const odd = schemaOf(() => ({ value: value as unknown as JsonObject }));
      await expect(kinds({ odd }).parse('odd', {})).rejects.toMatchObject({
        code: 'invalid_content',
        field: 'content',
      });
    }
  });

  test('whose schema throws is a defect of the application, not an answer of the table', async () => {
    const broken = schemaOf(() => {
      throw new TypeError('a defect');
    });
    await expect(kinds({ broken }).parse('broken', {})).rejects.toThrow(TypeError);
  });
});

describe('the size of content', () => {
  const any = { any: z.record(z.string(), z.json()) } as unknown as ContentSchemas;

  test('is counted in bytes of its JSON', async () => {
    const content = { t: 'ü'.repeat(10) };
    const bytes = Buffer.byteLength(JSON.stringify(content));
    expect(bytes).toBe(28);
    await expect(kinds(any, bytes).parse('any', content)).resolves.toMatchObject({ content });
    await expect(kinds(any, bytes - 1).parse('any', content)).rejects.toMatchObject({
      code: 'content_too_large',
      field: 'content',
      detail: 'at most 27 bytes as JSON (limits.contentBytes)',
    });
  });

  test('counts what is sent, before the schema sees it, whatever the schema would drop', async () => {
    let asked = 0;
    const counting = z.record(z.string(), z.unknown()).transform((content) => {
      asked += 1;
      return { keys: Object.keys(content).length };
    });
    const wide = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key ${n}`, n]));
    const parsing = kinds({ counting }, 50);
    await expect(parsing.parse('counting', wide)).rejects.toMatchObject({ code: 'content_too_large' });
    expect(asked).toBe(0);
    await expect(parsing.parse('counting', { a: 1 })).resolves.toMatchObject({ content: { keys: 1 } });
  });

  test('counts what the schema has added', async () => {
    const growing = schemaOf(() => ({ value: { t: 'x'.repeat(100) } }));
    await expect(kinds({ growing }, 50).parse('growing', {})).rejects.toMatchObject({ code: 'content_too_large' });
  });
});

test.each(['__proto__', 'constructor', 'prototype'])(
  'a key named %s is refused at any depth, since superjson would not write it',
  async (key) => {
    const loose = new ContentKinds({ any: z.custom<JsonObject>() }, 1_000);
    const nested = JSON.parse(`{"list":[{"${key}":1}]}`) as object;
    await expect(loose.parse('any', nested)).rejects.toMatchObject({
      code: 'invalid_content',
      field: `content.list.0.${key}`,
      detail: `must not have a key named ${key}`,
    });
    const added = new ContentKinds({ any: schemaOf(() => ({ value: nested as JsonObject })) }, 1_000);
    await expect(added.parse('any', {})).rejects.toMatchObject({ field: `content.list.0.${key}` });
    const stripping = new ContentKinds({ any: z.object({ list: z.array(z.object({})) }) }, 1_000);
    await expect(stripping.parse('any', nested), 'before the schema drops it').rejects.toMatchObject({
      code: 'invalid_content',
      field: `content.list.0.${key}`,
    });
    const asText = { text: `"${key}":`, [`${key}s`]: key };
    await expect(loose.parse('any', asText)).resolves.toEqual({ type: 'any', content: asText });
  },
);
