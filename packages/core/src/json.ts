/** Any value JSON can carry. Content at rest and on the wire is JSON, whatever transformer the application uses. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. `undefined` is allowed as "absent": it is dropped when the object is written. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Levels of arrays and objects in one JSON object. Past a few thousand, `JSON.stringify` and schemas run out of stack. */
const MAX_DEPTH = 128;
/** Values in one JSON object; what is larger does not fit any content limit, but may have been built from little. */
const MAX_VALUES = 1_048_576;

/**
 * Whether `value` is a plain object that JSON can carry, at most 128 levels deep: finite numbers, no dates, no
 * instances, no functions. Level by level, without recursion, so that hostile input costs what it weighs.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  if (!isPlainObject(value)) return false;
  let count = 0;
  let level: readonly object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return false;
    const below: object[] = [];
    for (const parent of level) {
      const isArray = Array.isArray(parent);
      for (const child of (isArray ? parent : Object.values(parent)) as unknown[]) {
        if (++count > MAX_VALUES) return false;
        if (Array.isArray(child) || isPlainObject(child)) below.push(child);
        else if (!isScalar(child) && (child !== undefined || isArray)) return false;
      }
    }
    level = below;
  }
  return true;
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
