/**
 * UTF-8 bytes of `value` as JSON, counted in a walk that stops as soon as they pass `maxBytes`: the result is then any
 * number above it. A value reached by several references counts each time, as it would be written each time; a cycle
 * passes every bound. Without recursion, so that no depth overflows the stack.
 *
 * Call it before a schema or `JSON.stringify` sees input that a transformer has built: its size may be unrelated to the
 * bytes that came over the wire.
 */
export function measureInput(value: unknown, maxBytes: number): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') bytes += stringBytes(next, maxBytes - bytes);
    else if (typeof next === 'object' && next !== null) bytes += expand(next, waiting, maxBytes - bytes);
    else bytes += scalarBytes(next);
    if (bytes > maxBytes) break;
  }
  return bytes;
}

/** Bytes of the punctuation and the keys of an object; its children wait, unless those bytes pass `maxBytes` already. */
function expand(parent: object, waiting: unknown[], maxBytes: number): number {
  if (ArrayBuffer.isView(parent) || parent instanceof ArrayBuffer) return parent.byteLength;
  if (parent instanceof Date) return DATE_BYTES;
  if (parent instanceof URL) return stringBytes(parent.href, maxBytes);
  const size = sizeOf(parent);
  let bytes = 2 + Math.max(0, size - 1);
  // Each child has at least one byte, so that what waits is never longer than what is counted.
  if (bytes > maxBytes) return bytes;
  if (Array.isArray(parent)) {
    for (const child of parent) waiting.push(child);
  } else if (parent instanceof Set) {
    for (const child of parent) waiting.push(child);
  } else if (parent instanceof Map) {
    for (const [key, child] of parent) waiting.push(key, child);
  } else {
    let comma = 0;
    for (const key of Object.keys(parent)) {
      bytes += stringBytes(key, maxBytes - bytes) + 1 + comma;
      if (bytes > maxBytes) return bytes;
      waiting.push((parent as Record<string, unknown>)[key]);
      comma = 1;
    }
  }
  return bytes;
}

function sizeOf(parent: object): number {
  if (Array.isArray(parent)) return parent.length;
  if (parent instanceof Set || parent instanceof Map) return parent.size;
  return 0;
}

/** What JSON escapes: it is written with more characters than it has. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

function stringBytes(text: string, maxBytes: number): number {
  if (text.length > maxBytes) return text.length;
  return ESCAPED.test(text) ? Buffer.byteLength(JSON.stringify(text)) : Buffer.byteLength(text) + 2;
}

/** An ISO date in quotes. */
const DATE_BYTES = 26;

function scalarBytes(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value).length : 4;
  // Its decimal digits would take time that grows with their square.
  if (typeof value === 'bigint') return value.toString(16).length;
  return value === false ? 5 : 4;
}
