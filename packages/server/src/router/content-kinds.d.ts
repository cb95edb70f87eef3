import { type Content, type ContentMap, type ContentSchemas } from '@tidemark/core';
/** The application's content kinds, and the check every message passes before it becomes a command. Stage 1. */
export declare class ContentKinds {
    #private;
    /** Throws `invalid_input` naming the kind whose name or schema cannot be used. */
    constructor(schemas: ContentSchemas, contentBytes: number);
    /** Whether this process has the kind; a writer must not store what it could not have accepted. */
    has(type: string): boolean;
    /** Returns the content as its schema gives it out. Throws the error that names the field and the rule. */
    parse(type: string, content: unknown): Promise<Content<ContentMap>>;
}
