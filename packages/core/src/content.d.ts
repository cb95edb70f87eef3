import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonObject } from './json.ts';
/**
 * The application's content kinds: name → schema (zod, valibot, arktype … anything that speaks Standard Schema).
 * Outputs must be JSON objects: they are stored and sent as JSON.
 */
export type ContentSchemas = Readonly<Record<string, StandardSchemaV1<unknown, JsonObject>>>;
/** Kind → shape, resolved: what procedures and clients are typed with, so no schema type crosses to the front end. */
export type ContentMap = Readonly<Record<string, JsonObject>>;
/** A discriminated union over the kinds: `{ type: 'text', content: … } | { type: 'order', content: … }`. */
export type Content<C> = {
    [K in keyof C & string]: {
        readonly type: K;
        readonly content: C[K];
    };
}[keyof C & string];
/** What a client receives for a kind it does not know: the sender's server is newer. Show a placeholder. */
export interface UnknownContent {
    readonly type: 'unknown';
    readonly content: {
        readonly type: string;
        readonly content: JsonObject;
    };
}
/** The name a content kind may not have: clients use it for kinds they do not know. */
export declare const UNKNOWN_CONTENT = "unknown";
/** Kinds are 1–64 letters, digits, `_`, `-` or `.`. */
export declare const CONTENT_TYPE: RegExp;
