import type { MessageSent } from '@tidemark/core';
/** A stretch of one conversation: every message from..to that the user may see is in `messages`. Never changed, replaced. */
export interface MessageSpan {
    readonly from: number;
    readonly to: number;
    /** Nothing older exists for the user. */
    readonly isStart: boolean;
    /** It reaches to the newest message here, and takes what comes in. */
    readonly isEnd: boolean;
    /** Ascending. */
    readonly messages: readonly MessageSent[];
}
/** The span with the messages before it; beyond `limit` messages the newest ones leave. */
export declare function prepend(span: MessageSpan, page: {
    from: number;
    isStart: boolean;
    messages: readonly MessageSent[];
}, limit: number): MessageSpan;
/** The span with the messages after it; beyond `limit` messages the oldest ones leave. */
export declare function append(span: MessageSpan, page: {
    to: number;
    isEnd: boolean;
    messages: readonly MessageSent[];
}, limit: number): MessageSpan;
/** What came in among and after the messages of a span that reaches to the end; the same span when there is nothing new. */
export declare function takeIn(span: MessageSpan, incoming: readonly MessageSent[]): MessageSpan;
