/** What an input in superjson's form may ask to be built. Options `limits` of `guardTransformer`, and of `createMessaging`. */
export interface InputLimits {
    /** Bytes of an input as JSON, once it is built. */
    readonly inputBytes: number;
    /** Annotations of one input. */
    readonly inputAnnotations: number;
    /** References of one input to values that stand elsewhere in it. */
    readonly inputReferences: number;
    /** Entries of each set, map or typed array of an input, and characters of a bigint. */
    readonly inputEntries: number;
}
/** Kinds of values that are built only where the application allows them. */
export type RareInputType = 'Error' | 'regexp' | 'symbol' | 'class' | 'custom' | 'typed-array';
/** Payload of superjson: JSON, and annotations of what it stood for. */
export interface Annotated {
    readonly json: unknown;
    readonly meta: Record<string, unknown>;
}
export declare function isAnnotated(raw: unknown): raw is Annotated;
/**
 * Refuses annotations that cost more than they weigh before anything is built from them: a typed array of
 * `{"length":3e8}`, a set of thousands that each reference walks through, a reference to a reference to a reference.
 * Returns whether there are references, by which a value may be larger than its text.
 */
export declare function checkAnnotations({ json, meta }: Annotated, limits: InputLimits, allowed: ReadonlySet<RareInputType>): {
    hasReferences: boolean;
};
