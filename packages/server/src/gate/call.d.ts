export type RequestId = string | number;
/** A message of tRPC's protocol from a client, checked but for its input. */
export interface Call {
    readonly id: RequestId;
    readonly jsonrpc?: '2.0';
    readonly method: 'query' | 'mutation' | 'subscription';
    readonly params: {
        readonly path: string;
        readonly lastEventId?: string;
        input?: unknown;
    };
}
/** The id to answer with: null where it is none that may be echoed. */
export declare function requestIdOf(message: unknown): RequestId | null;
/** The end of a subscription, which has no answer of its own. */
export declare function isStop(message: unknown): boolean;
/** Throws `invalid_input` that names the member and its rule. */
export declare function checkCall(message: unknown): asserts message is Call;
