/** Any value JSON can carry. Content at rest and on the wire is JSON, whatever transformer the application uses. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object. `undefined` is allowed as "absent": it is dropped when the object is written. */
export interface JsonObject {
    readonly [key: string]: JsonValue | undefined;
}
/**
 * Whether `value` is a plain object that JSON can carry, at most 128 levels deep: finite numbers, no dates, no
 * instances, no functions. Level by level, without recursion, so that hostile input costs what it weighs.
 */
export declare function isJsonObject(value: unknown): value is JsonObject;
