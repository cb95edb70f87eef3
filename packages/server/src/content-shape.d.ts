import { type Content, type ContentMap } from '@tidemark/core';
/** A reserved key in the JSON text of a content, as `JSON.stringify` writes it. */
export declare function reservedKeyIn(text: string): string | undefined;
/**
 * A content as another process wrote it: the same rules as the wire schema's `content`, checked by hand since every message
 * passes here twice. Throws `invalid_input` that names the field.
 */
export declare function parseContent(value: unknown): Content<ContentMap>;
/** A whole number between `min` and `max`. Throws `invalid_input` that names the field. */
export declare function parseWhole<T extends number>(value: unknown, field: string, min: number, max: number): T;
