/**
 * UTF-8 bytes of `value` as JSON, counted in a walk that stops as soon as they pass `maxBytes`: the result is then any
 * number above it. A value reached by several references counts each time, as it would be written each time; a cycle
 * passes every bound. Without recursion, so that no depth overflows the stack.
 *
 * Call it before a schema or `JSON.stringify` sees input that a transformer has built: its size may be unrelated to the
 * bytes that came over the wire.
 */
export declare function measureInput(value: unknown, maxBytes: number): number;
