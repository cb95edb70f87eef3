import { CONTENT_TYPE, type Content, type ContentMap, isJsonObject, TidemarkError } from '@tidemark/core';

/**
 * Keys that superjson will not write, as a guard against prototype pollution: stored, such a content could never be delivered
 * to an application that uses it. In JSON text only a key's closing quote is followed by a colon.
 */
const RESERVED_KEY = /(?<!\\)"(__proto__|constructor|prototype)":/;

/**
 * The path to the first key of a reserved name in a value as somebody sent it, dotted; undefined where there is none. To be
 * asked before a schema or a transformer builds another value, in which the key is missing. Without recursion.
 */
export function reservedKeyPath(value: unknown, names: ReadonlySet<string> = RESERVED_NAMES): string | undefined {
  const waiting: Place[] = [{ value, key: '', parent: undefined }];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    if (typeof place.value !== 'object' || place.value === null) continue;
    for (const key of Object.keys(place.value)) {
      const child = { value: (place.value as Record<string, unknown>)[key], key, parent: place };
      if (names.has(key)) return pathTo(child);
      if (typeof child.value === 'object' && child.value !== null) waiting.push(child);
    }
  }
  return undefined;
}

const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | undefined;
}

function pathTo(place: Place): string {
  const keys: string[] = [];
  for (let at: Place | undefined = place; at?.parent; at = at.parent) keys.unshift(at.key);
  return keys.join('.');
}

/** A reserved key in the JSON text of a content, as `JSON.stringify` writes it. */
export function reservedKeyIn(text: string): string | undefined {
  return RESERVED_KEY.exec(text)?.[1];
}

/**
 * A content as another process wrote it: the same rules as the wire schema's `content`, checked by hand since every message
 * passes here twice. Throws `invalid_input` that names the field.
 */
export function parseContent(value: unknown): Content<ContentMap> {
  const { type, content } = (value ?? {}) as { type?: unknown; content?: unknown };
  if (typeof type !== 'string' || !CONTENT_TYPE.test(type)) {
    throw new TidemarkError('invalid_input', 'must be 1 to 64 letters, digits, "_", "-" or "."', {
      field: 'message.type',
    });
  }
  if (!isJsonObject(content)) {
    throw new TidemarkError('invalid_input', 'must be a JSON object, at most 128 levels deep', {
      field: 'message.content',
    });
  }
  return { type, content };
}

/**
 * Whether a value has no other keys than these. What is read by hand, for speed, is read so only then: a field that was added
 * to its schema, and not there, would be dropped in silence.
 */
export function hasOnly(value: object, keys: ReadonlySet<string>): boolean {
  for (const key in value) if (!keys.has(key)) return false;
  return true;
}

/** A whole number between `min` and `max`. Throws `invalid_input` that names the field. */
export function parseWhole<T extends number>(value: unknown, field: string, min: number, max: number): T {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as T;
  throw new TidemarkError('invalid_input', `must be a whole number from ${min} to ${max}`, { field });
}
