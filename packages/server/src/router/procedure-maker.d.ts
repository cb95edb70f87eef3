import { type UserId } from '@tidemark/core';
import type { z } from 'zod';
import type { SocketsByUser } from '../gate/sockets-by-user.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import type { RateLimit } from './rate-limit.ts';
/** Where `attach` leaves the socket in the context of its connection. */
export declare const ATTACHED_SOCKET: unique symbol;
/** Where the caller stands in the context, for what comes after the first middleware. */
declare const CALLER: unique symbol;
/**
 * Builds procedures on the application's own base procedure, each with the same gate before it: know the caller, take from
 * their rate, parse the input, be ready; and the same mapping of errors behind it. The caller comes first: tRPC reads an
 * input when it is first asked for, so that a stranger's is neither deserialised nor parsed. Stage 1.
 */
export declare class ProcedureMaker {
    #private;
    constructor(options: {
        base: BaseProcedure;
        userId: (ctx: never) => unknown;
        rate: RateLimit;
        limitEvents: LimitEvents;
        sockets: SocketsByUser;
        ready: () => Promise<void>;
    });
    query<Input, Output>(schema: z.ZodType<Input>, resolve: (caller: UserId, input: Input) => Promise<Output>): unknown;
    mutation<Input, Output>(schema: z.ZodType<Input>, resolve: (caller: UserId, input: Input) => Promise<Output>): unknown;
    subscription<Input>(schema: z.ZodType<Input>, open: (caller: UserId, input: Input, socket: AttachedSocket | undefined, signal: AbortSignal) => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>): unknown;
}
/** What is used of tRPC's procedure builder. Its own type is deeply generic; this is the subset, with input typed. */
export interface BaseProcedure {
    use(middleware: (call: MiddlewareCall) => Promise<MiddlewareResult>): IdentifiedProcedure;
}
interface IdentifiedProcedure {
    input<Input>(parse: (raw: unknown) => Input): {
        query(resolve: (call: ProcedureCall<Input>) => Promise<unknown>): unknown;
        mutation(resolve: (call: ProcedureCall<Input>) => Promise<unknown>): unknown;
        subscription(resolve: (call: ProcedureCall<Input>) => AsyncIterable<unknown>): unknown;
    };
}
interface MiddlewareCall {
    readonly ctx: {
        readonly [ATTACHED_SOCKET]?: AttachedSocket;
    };
    next(options: {
        ctx: object;
    }): Promise<MiddlewareResult>;
}
interface MiddlewareResult {
    readonly ok: boolean;
    readonly error?: {
        readonly cause?: unknown;
    };
}
interface ProcedureCall<Input> {
    readonly ctx: {
        readonly [ATTACHED_SOCKET]?: AttachedSocket;
        readonly [CALLER]: UserId;
    };
    readonly input: Input;
    readonly signal: AbortSignal | undefined;
}
export {};
