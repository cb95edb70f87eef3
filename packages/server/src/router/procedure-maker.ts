import { type Limits, parseUserId, TidemarkError, type UserId } from '@tidemark/core';
import { parseWire } from '@tidemark/core/wire';
import { TRPCError } from '@trpc/server';
import type { z } from 'zod';
import { measureInput } from '../gate/measure-input.ts';
import type { SocketsByUser } from '../gate/sockets-by-user.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { ServerEventBus } from '../server-events.ts';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import type { CallMaker, Open, Resolve } from './procedures.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ReadTurns } from './read-turns.ts';
import { toTRPCError } from './trpc-error.ts';

/** Where `attach` leaves the socket in the context of its connection. */
export const ATTACHED_SOCKET: unique symbol = Symbol('tidemark.attachedSocket');

/**
 * Builds procedures on the application's own base procedure, each with the same gate before it: know the caller, take from
 * their rate, parse the input, be ready; and the same mapping of errors behind it. The caller comes first: tRPC reads an
 * input when it is first asked for, so that a stranger's is neither deserialised nor parsed. All of it happens in the resolver,
 * which tRPC hands what it hands middlewares, the raw input too: each middleware would have tRPC copy its options twice, and
 * those two (one for the caller, one for the input) cost a tenth of a message. Stage 1.
 *
 * Proved by test/wire/identity-first.test.ts, over the range of peers
 */
export class ProcedureMaker implements CallMaker {
  readonly #base: BaseProcedure;
  readonly #userIdOf: (ctx: never) => unknown;
  readonly #rate: RateLimit;
  readonly #reads: ReadTurns;
  readonly #limits: Pick<Limits, 'frameBytes'>;
  readonly #limitEvents: LimitEvents;
  readonly #sockets: SocketsByUser;
  readonly #ready: () => Promise<void>;
  readonly #events: ServerEventBus;

  constructor(options: {
    base: BaseProcedure;
    userId: (ctx: never) => unknown;
    rate: RateLimit;
    reads: ReadTurns;
    limits: Pick<Limits, 'frameBytes'>;
    limitEvents: LimitEvents;
    sockets: SocketsByUser;
    ready: () => Promise<void>;
    events: ServerEventBus;
  }) {
    this.#events = options.events;
    this.#userIdOf = options.userId;
    this.#rate = options.rate;
    this.#reads = options.reads;
    this.#limits = options.limits;
    this.#limitEvents = options.limitEvents;
    this.#sockets = options.sockets;
    this.#ready = options.ready;
    this.#base = options.base;
  }

  /** @param effort what the answer took beyond its own bytes, as bytes */
  query<Input, Output>(
    schema: z.ZodType<Input>,
    resolve: Resolve<Input, Output>,
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
    return this.#base.query((call) => this.#resolve(call, schema, inTurn));
  }

  mutation<Input, Output>(schema: z.ZodType<Input>, resolve: Resolve<Input, Output>) {
    return this.#base.mutation((call) => this.#resolve(call, schema, resolve));
  }

  /** A caller or an input that is refused is so before tRPC says that the subscription has started. */
  subscription<Input>(schema: z.ZodType<Input>, open: Open<Input>) {
    return this.#base.subscription(async (call) => {
      const caller = this.#identify(call);
      const input = await this.#inputOf(call, caller, schema);
      const signal = call.signal ?? new AbortController().signal;
      return this.#follow(call, caller, () => open(caller, input, call.ctx[ATTACHED_SOCKET], signal));
    });
  }

  async #resolve<Input, Output>(
    call: ProcedureCall,
    schema: z.ZodType<Input>,
    resolve: Resolve<Input, Output>,
  ): Promise<Output> {
    const caller = this.#identify(call);
    const input = await this.#inputOf(call, caller, schema);
    try {
      await this.#requireOpen(call);
      return await resolve(caller, input);
    } catch (error) {
      throw this.#failure(error, caller);
    }
  }

  async *#follow(
    call: ProcedureCall,
    caller: UserId,
    open: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>,
  ): AsyncIterable<unknown> {
    try {
      await this.#requireOpen(call);
      yield* await open();
    } catch (error) {
      throw this.#failure(error, caller);
    }
  }

  /** Who calls; takes a call from their rate. */
  #identify({ ctx }: ProcedureCall): UserId {
    try {
      const caller = this.#caller(ctx as never);
      const socket = ctx[ATTACHED_SOCKET];
      if (socket) this.#sockets.join(caller, socket);
      this.#rate.take(caller);
      return caller;
    } catch (error) {
      throw this.#refused(error);
    }
  }

  async #inputOf<Input>(call: ProcedureCall, caller: UserId, schema: z.ZodType<Input>): Promise<Input> {
    try {
      const input = parseWire(schema, await call.getRawInput());
      this.#weigh(caller, input);
      return input;
    } catch (error) {
      throw this.#failure(error, caller);
    }
  }

  async #requireOpen({ ctx }: ProcedureCall): Promise<void> {
    await this.#ready();
    if (ctx[ATTACHED_SOCKET]?.isEnded) throw new TidemarkError('closing', 'the socket of this call was closed');
  }

  /** The error that the caller gets. */
  #failure(error: unknown, caller: UserId): TRPCError {
    if (error instanceof TidemarkError && error.limit) this.#limitEvents.reached(error.limit, { userId: caller });
    return this.#refused(error, caller);
  }

  #refused(error: unknown, userId?: UserId): TRPCError {
    const refusal = toTRPCError(error);
    const { cause } = refusal;
    const code = cause instanceof TidemarkError ? cause.code : 'internal';
    this.#events.emit('refused', { code, error: cause ?? refusal, ...(userId === undefined ? {} : { userId }) });
    return refusal;
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

/** What is used of tRPC's procedure builder. Its own type is deeply generic; this is the subset. */
export interface BaseProcedure {
  query(resolve: (call: ProcedureCall) => Promise<unknown>): unknown;
  mutation(resolve: (call: ProcedureCall) => Promise<unknown>): unknown;
  subscription(resolve: (call: ProcedureCall) => Promise<AsyncIterable<unknown>>): unknown;
}

interface ProcedureCall {
  readonly ctx: { readonly [ATTACHED_SOCKET]?: AttachedSocket };
  readonly signal: AbortSignal | undefined;
  /** Reads it once, when it is first asked. tRPC gives it to resolvers as to middlewares, though only these have it in their types. */
  getRawInput(): Promise<unknown>;
}
