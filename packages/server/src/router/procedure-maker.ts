import { parseUserId, TidemarkError, type UserId } from '@tidemark/core';
import { parseWire } from '@tidemark/core/wire';
import { TRPCError } from '@trpc/server';
import type { z } from 'zod';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import type { RateLimit } from './rate-limit.ts';
import { toTRPCError } from './trpc-error.ts';

/** Where `attach` leaves the socket in the context of its connection. */
export const ATTACHED_SOCKET: unique symbol = Symbol('tidemark.attachedSocket');

/**
 * Builds procedures on the application's own base procedure, each with the same gate before it: parse the input, know
 * the caller, take from their rate, be ready; and the same mapping of errors behind it. Stage 1.
 */
export class ProcedureMaker {
  readonly #base: BaseProcedure;
  readonly #userIdOf: (ctx: never) => unknown;
  readonly #rate: RateLimit;
  readonly #ready: () => Promise<void>;

  constructor(options: {
    base: BaseProcedure;
    userId: (ctx: never) => unknown;
    rate: RateLimit;
    ready: () => Promise<void>;
  }) {
    this.#base = options.base;
    this.#userIdOf = options.userId;
    this.#rate = options.rate;
    this.#ready = options.ready;
  }

  query<Input, Output>(schema: z.ZodType<Input>, resolve: (caller: UserId, input: Input) => Promise<Output>) {
    return this.#base.input(parser(schema)).query((call) => this.#guard(call, resolve));
  }

  mutation<Input, Output>(schema: z.ZodType<Input>, resolve: (caller: UserId, input: Input) => Promise<Output>) {
    return this.#base.input(parser(schema)).mutation((call) => this.#guard(call, resolve));
  }

  subscription<Input>(
    schema: z.ZodType<Input>,
    open: (
      caller: UserId,
      input: Input,
      socket: AttachedSocket | undefined,
      signal: AbortSignal,
    ) => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>,
  ) {
    const guarded = (call: ProcedureCall<Input>) =>
      this.#guard(call, async (caller, input) => {
        const signal = call.signal ?? new AbortController().signal;
        return open(caller, input, call.ctx[ATTACHED_SOCKET], signal);
      });
    return this.#base.input(parser(schema)).subscription(async function* (call) {
      try {
        yield* await guarded(call);
      } catch (error) {
        throw toTRPCError(error);
      }
    });
  }

  async #guard<Input, Output>(
    call: ProcedureCall<Input>,
    resolve: (caller: UserId, input: Input) => Promise<Output>,
  ): Promise<Output> {
    const socket = call.ctx[ATTACHED_SOCKET];
    socket?.callBegan();
    try {
      const caller = this.#caller(call.ctx as never);
      this.#rate.take(caller);
      await this.#ready();
      return await resolve(caller, call.input);
    } catch (error) {
      throw toTRPCError(error);
    } finally {
      socket?.callEnded();
    }
  }

  #caller(ctx: never): UserId {
    const userId = this.#userIdOf(ctx);
    if (userId === undefined || userId === null || userId === '') {
      throw new TidemarkError('unauthenticated', 'no user in the context of this call');
    }
    try {
      return parseUserId(userId);
    } catch {
      // The application's own id does not fit: that is for its developers, not for the client, to mend.
      throw new TRPCError({
        code: 'INTERNAL_SERVER_ERROR',
        message: 'the userId of the context is not a valid user id',
      });
    }
  }
}

/** A parser of tRPC's function kind, so that errors keep the table's text form. */
function parser<Input>(schema: z.ZodType<Input>): (raw: unknown) => Input {
  return (raw) => parseWire(schema, raw);
}

/** What is used of tRPC's procedure builder. Its own type is deeply generic; this is the subset, with input typed. */
export interface BaseProcedure {
  input<Input>(parse: (raw: unknown) => Input): {
    query(resolve: (call: ProcedureCall<Input>) => Promise<unknown>): unknown;
    mutation(resolve: (call: ProcedureCall<Input>) => Promise<unknown>): unknown;
    subscription(resolve: (call: ProcedureCall<Input>) => AsyncIterable<unknown>): unknown;
  };
}

interface ProcedureCall<Input> {
  readonly ctx: { readonly [ATTACHED_SOCKET]?: AttachedSocket };
  readonly input: Input;
  readonly signal: AbortSignal | undefined;
}
