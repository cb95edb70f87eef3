import { type Limits, parseUserId, TidemarkError, type UserId } from '@tidemark/core';
import { parseWire } from '@tidemark/core/wire';
import { TRPCError } from '@trpc/server';
import type { z } from 'zod';
import { measureInput } from '../gate/measure-input.ts';
import type { SocketsByUser } from '../gate/sockets-by-user.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ReadTurns } from './read-turns.ts';
import { toTRPCError, withoutStack } from './trpc-error.ts';

/** Where `attach` leaves the socket in the context of its connection. */
export const ATTACHED_SOCKET: unique symbol = Symbol('tidemark.attachedSocket');

/** Where the caller stands in the context, for what comes after the first middleware. */
const CALLER: unique symbol = Symbol('tidemark.caller');

/**
 * Builds procedures on the application's own base procedure, each with the same gate before it: know the caller, take from
 * their rate, parse the input, be ready; and the same mapping of errors behind it. The caller comes first: tRPC reads an
 * input when it is first asked for, so that a stranger's is neither deserialised nor parsed. Stage 1.
 */
export class ProcedureMaker {
  readonly #base: IdentifiedProcedure;
  readonly #userIdOf: (ctx: never) => unknown;
  readonly #rate: RateLimit;
  readonly #reads: ReadTurns;
  readonly #limits: Pick<Limits, 'frameBytes'>;
  readonly #limitEvents: LimitEvents;
  readonly #sockets: SocketsByUser;
  readonly #ready: () => Promise<void>;

  constructor(options: {
    base: BaseProcedure;
    userId: (ctx: never) => unknown;
    rate: RateLimit;
    reads: ReadTurns;
    limits: Pick<Limits, 'frameBytes'>;
    limitEvents: LimitEvents;
    sockets: SocketsByUser;
    ready: () => Promise<void>;
  }) {
    this.#userIdOf = options.userId;
    this.#rate = options.rate;
    this.#reads = options.reads;
    this.#limits = options.limits;
    this.#limitEvents = options.limitEvents;
    this.#sockets = options.sockets;
    this.#ready = options.ready;
    this.#base = options.base.use((call) => this.#identify(call));
  }

  /** @param effort what the answer took beyond its own bytes, as bytes */
  query<Input, Output>(
    schema: z.ZodType<Input>,
    resolve: (caller: UserId, input: Input) => Promise<Output>,
    effort: (output: Output) => number = () => 0,
  ) {
    const inTurn = (caller: UserId, input: Input): Promise<Output> =>
      this.#reads.run(caller, async () => {
        // Reads that came together with this one may have used up what its caller had.
        this.#rate.requireCredit(caller);
        const output = await resolve(caller, input);
        this.#rate.charge(caller, { bytes: measureInput(output, Number.MAX_SAFE_INTEGER) + effort(output) });
        return output;
      });
    return this.#base.input(parser(schema)).query((call) => this.#guard(call, inTurn));
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

  /** The middleware before everything else. Its result is that of all behind it: refused inputs pass here, too. */
  async #identify({ ctx, next }: MiddlewareCall): Promise<MiddlewareResult> {
    let caller: UserId;
    try {
      caller = this.#caller(ctx as never);
      const socket = ctx[ATTACHED_SOCKET];
      if (socket) this.#sockets.join(caller, socket);
      this.#rate.take(caller);
    } catch (error) {
      throw toTRPCError(error);
    }
    const result = await next({ ctx: { [CALLER]: caller } });
    const { cause } = result.error ?? {};
    if (!(cause instanceof TidemarkError)) return result;
    // That of a refused input is tRPC's own.
    withoutStack(result.error as Error);
    if (cause.limit) this.#limitEvents.reached(cause.limit, { userId: caller });
    return result;
  }

  /**
   * What an input costs: as its transformer built it, which may be more than what came over the wire, and before the schema
   * of a content kind sees it. The wire's own schemas don't look into contents.
   */
  #weigh(caller: UserId, input: unknown): void {
    const { frameBytes } = this.#limits;
    const bytes = measureInput(input, frameBytes);
    if (bytes > frameBytes) {
      throw new TidemarkError('invalid_input', `must be at most ${frameBytes} bytes of JSON (limits.frameBytes)`, {
        field: 'input',
        limit: 'limits.frameBytes',
      });
    }
    this.#rate.charge(caller, { bytes });
  }

  async #guard<Input, Output>(
    call: ProcedureCall<Input>,
    resolve: (caller: UserId, input: Input) => Promise<Output>,
  ): Promise<Output> {
    try {
      const caller = call.ctx[CALLER];
      this.#weigh(caller, call.input);
      await this.#ready();
      if (call.ctx[ATTACHED_SOCKET]?.isEnded) throw new TidemarkError('closing', 'the socket of this call was closed');
      return await resolve(caller, call.input);
    } catch (error) {
      throw toTRPCError(error);
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
  readonly ctx: { readonly [ATTACHED_SOCKET]?: AttachedSocket };
  next(options: { ctx: object }): Promise<MiddlewareResult>;
}

interface MiddlewareResult {
  readonly ok: boolean;
  readonly error?: Error;
}

interface ProcedureCall<Input> {
  readonly ctx: { readonly [ATTACHED_SOCKET]?: AttachedSocket; readonly [CALLER]: UserId };
  readonly input: Input;
  readonly signal: AbortSignal | undefined;
}
