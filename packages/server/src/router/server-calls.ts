import {
  type Call,
  type Calls,
  type Clock,
  parseUserId,
  type Random,
  type Receipt,
  WIRE_VERSION,
} from '@tidemark/core';
import { noInput, parseWire } from '@tidemark/core/wire';
import type { z } from 'zod';
import { type Broadcast, type BroadcastOptions, type BroadcastReport, broadcast } from './broadcast.ts';
import { MembershipGate } from './membership-gate.ts';
import { buildProcedures, type CallMaker, type ProcedureOptions, type Resolve } from './procedures.ts';
import type { SendAs } from './send-as.ts';
import { toTableError } from './trpc-error.ts';

/**
 * Calls of the application itself, in the name of a user: of a job, a bot, a system account. They go through the same queue and
 * the same rules of the conversation as a client's, membership first, with these privileges: no rate, no quotas, and neither
 * `authorize` nor hooks, since it is the application that asks. Errors are TidemarkErrors.
 *
 * @typeParam In  content as senders write it
 * @typeParam Out content as stored
 */
export type ServerCalls<In, Out> = Omit<CallsAs<Calls<In, Out>>, 'send'> & {
  /**
   * Sends a message as `as`, who is a member. A job that may run again gives a `clientMessageId` made from what it does (an order's
   * number): the same id is one message, however often it is sent. Default: a new one.
   */
  send(message: SendAs<In>): Promise<Receipt>;
  /**
   * Sends a message to many, each in their direct conversation with `as`: once to everybody, whatever crashes, if it is run again with
   * the same id. Resolves when all have it, or can't. @throws TidemarkError `invalid_input` naming the field
   */
  broadcast(
    users: Iterable<string> | AsyncIterable<string>,
    message: Broadcast<In>,
    options?: BroadcastOptions,
  ): Promise<BroadcastReport>;
};

type CallsAs<C> = {
  [Name in keyof C as C[Name] extends Call<'subscription', unknown, unknown> ? never : Name]: C[Name] extends Call<
    infer _Kind,
    infer Input,
    infer Output
  >
    ? (input: { as: string } & Given<Input>) => Promise<Output>
    : CallsAs<C[Name]>;
};

export function serverCalls<In, Out>(
  ports: Omit<ProcedureOptions, keyof typeof UNBOUNDED | 'gate'>,
  { clock, random, ready }: { clock: Clock; random: Random; ready: () => Promise<void> },
): ServerCalls<In, Out> {
  const gate = new MembershipGate(ports.storage.history, clock, UNBOUNDED.rate);
  const calls = buildProcedures(new ServerCallMaker(ready), { ...ports, ...UNBOUNDED, gate }) as Omit<
    ServerCalls<In, Out>,
    'broadcast'
  >;
  const send = ({ clientMessageId = ports.ids.commandId(clock.now()), ...message }: SendAs<In>) =>
    calls.send({ ...message, clientMessageId } as SendAs<In>);
  return {
    ...calls,
    inbox: { ...calls.inbox, since: (input) => calls.inbox.since({ wire: WIRE_VERSION, ...input }) },
    send,
    broadcast: (users, message, options = {}) => broadcast(users, message, options, { send, clock, random }),
  };
}

/** What a call takes beside `as`: nothing, where it takes no input. */
type Given<Input> = [Extract<Input, object>] extends [never] ? unknown : Extract<Input, object>;

/** Makes functions of what ProcedureMaker makes procedures of. Stage 1. */
class ServerCallMaker implements CallMaker {
  readonly #ready: () => Promise<void>;

  constructor(ready: () => Promise<void>) {
    this.#ready = ready;
  }

  query<Input, Output>(schema: z.ZodType<Input>, resolve: Resolve<Input, Output>) {
    return this.#call(schema, resolve);
  }

  mutation<Input, Output>(schema: z.ZodType<Input>, resolve: Resolve<Input, Output>) {
    return this.#call(schema, resolve);
  }

  /** Live feeds are for sockets. */
  subscription(): undefined {
    return undefined;
  }

  #call<Input, Output>(schema: z.ZodType<Input>, resolve: Resolve<Input, Output>) {
    return async ({ as, ...given }: { as: string }): Promise<Output> => {
      const caller = parseUserId(as, 'as');
      const isEmpty = (schema as z.ZodType) === noInput && Object.keys(given).length === 0;
      const input = parseWire(schema, isEmpty ? undefined : given);
      try {
        await this.#ready();
        return await resolve(caller, input);
      } catch (error) {
        throw toTableError(error);
      }
    };
  }
}

/** In place of what bounds the calls of clients. */
const UNBOUNDED = {
  rate: { spend: () => {}, charge: () => {} },
  quotas: { createGroup: () => {}, openDirect: () => {}, addMembers: () => {} },
  authorizer: { require: () => Promise.resolve() },
  hooks: { run: <C>(command: C) => Promise.resolve(command) },
};
