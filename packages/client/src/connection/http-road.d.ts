import { type Clock, type Random } from '@tidemark/core';
import { httpBatchLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import type { Identity } from './identity.ts';
import type { OperationLink } from './roads.ts';
export interface FallbackOptions {
    /** `https://`: where the same router answers over HTTP. */
    readonly url: string;
    /** WebSocket attempts in a row that came to nothing before HTTP is taken. Default 3. */
    readonly after?: number;
    /** What `createContext` reads the identity from. Default: `{ authorization: 'Bearer ' + token }`. */
    readonly headers?: (token: string) => Record<string, string>;
    /** Wait before WebSocket is tried again while HTTP carries, doubling, jittered, in ms. Default: 10,000 to 300,000. */
    readonly probe?: {
        readonly base: number;
        readonly cap: number;
    };
    /** Default: the platform's. It must give response bodies as streams, which React Native's own does not. */
    readonly fetch?: typeof fetch;
}
type LinkOptions = Parameters<typeof httpBatchLink<AnyTRPCRouter>>[0];
export interface HttpRoad {
    readonly call: OperationLink;
    /** Whether the last request got through, or a stream is open. */
    readonly isUp: boolean;
    /** Streams begin anew from where they are: with another token, or when the network went away. */
    restart(): void;
}
export interface HttpRoadPorts {
    readonly options: FallbackOptions;
    readonly transformer: LinkOptions['transformer'];
    readonly sendsToken: boolean;
    readonly identity: Identity;
    readonly clock: Clock;
    readonly random: Random;
    readonly backoff: {
        readonly base: number;
        readonly cap: number;
    };
    readonly ended: AbortSignal;
    /** Resolves when there is a network; rejects when the connection ends first. */
    readonly network: () => Promise<void>;
    readonly changed: () => void;
}
/**
 * Calls in batches over HTTP and subscriptions as Server-Sent Events, through the stock links. A 401 is what close code
 * 4401 is on a socket: one fresh token, the request again, and the end when that is refused too.
 */
export declare function createHttpRoad(ports: HttpRoadPorts): HttpRoad;
export {};
