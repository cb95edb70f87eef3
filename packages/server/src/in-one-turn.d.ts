/**
 * Calls that are made in the same turn of the event loop go together: `together` is given all of them, in their order, and
 * gives each its answer. A call that is alone goes alone, at the end of the turn. Where `together` throws, all fail with that.
 */
export declare function inOneTurn<Request, Answer>(together: (requests: readonly Request[]) => readonly Promise<Answer>[]): (request: Request) => Promise<Answer>;
