import type { TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
export type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>;
export type RoadName = 'socket' | 'http';
/** The two ways to the server, and the one that is taken. Operations under way move when it changes. */
export interface Roads {
    readonly taken: RoadName;
    take(name: RoadName): void;
    readonly call: OperationLink;
    /** Whatever is on the HTTP road ends: subscriptions complete, calls fail with `error`. */
    close(error: () => Error): void;
}
/**
 * A subscription that moves goes on after its last id, as the stock client does when it reconnects. A call that moves to
 * HTTP was not sent: on a socket road that never opened it only waited. A call on HTTP stays there.
 */
export declare function createRoads(links: Record<RoadName, OperationLink>): Roads;
