/** Any value JSON can carry. Content at rest and on the wire is JSON, whatever transformer the application uses. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. `undefined` is allowed as "absent": it is dropped when the object is written. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}
