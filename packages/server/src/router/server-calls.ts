import {
  type Call,
  type Calls,
  type Clock,
  directConversationId,
  parseUserId,
  type Random,
  type Receipt,
  TidemarkError,
  WIRE_VERSION,
} from '@tidemark/core';
import { noInput, parseWire } from '@tidemark/core/wire';
import type { z } from 'zod';
import { type Broadcast, type BroadcastOptions, type BroadcastReport, broadcast } from './broadcast.ts';
import { MembershipGate } from './membership-gate.ts';
import { buildProcedures, type CallMaker, type ProcedureOptions, type Resolve } from './procedures.ts';
import type { Privileged, SendAs } from './send-as.ts';
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
   * Sends a message as `as`, to a conversation or a user. A job that may run again gives a `clientMessageId` made from what it does (an order's
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

/** Calls that a privilege opens, whatever `as` is in the conversation. */
type PrivilegedName = 'edit' | 'react' | 'revoke' | 'pin' | 'addMembers' | 'removeMembers';

type CallsAs<C> = {
  [Name in keyof C as C[Name] extends Call<'subscription', unknown, unknown> ? never : Name]: C[Name] extends Call<
    infer _Kind,
    infer Input,
    infer Output
  >
    ? (input: { as: string } & (Name extends PrivilegedName ? Privileged : unknown) & Given<Input>) => Promise<Output>
    : CallsAs<C[Name]>;
};

export function serverCalls<In, Out>(
  ports: Omit<ProcedureOptions, keyof typeof UNBOUNDED | 'gate'>,
  { clock, random, ready }: { clock: Clock; random: Random; ready: () => Promise<void> },
): ServerCalls<In, Out> {
  const gate = new MembershipGate(ports.storage.history, clock, UNBOUNDED.rate);
  const build = (own: Pick<ProcedureOptions, 'gate' | 'submission'>) =>
    buildProcedures(new ServerCallMaker(ready), { ...ports, ...UNBOUNDED, ...own }) as Omit<
      ServerCalls<In, Out>,
      'broadcast'
    >;
  const { submission } = ports;
  const plain = build({ gate, submission });
  const privileged = build({
    gate: OPEN_GATE,
    submission: { submit: (command) => submission.submit({ ...command, privileged: true }) },
  });
  const { conversations, inbox } = plain;
  const sendTo = eitherOf(plain.send, privileged.send);
  const send = async ({ clientMessageId = ports.ids.commandId(clock.now()), to, ...message }: SendAs<In>) =>
    sendTo({ ...message, ...(to !== undefined && peerOf(message, to)), clientMessageId } as unknown as SendAs<In>);
  return {
    ...plain,
    edit: eitherOf(plain.edit, privileged.edit),
    react: eitherOf(plain.react, privileged.react),
    revoke: eitherOf(plain.revoke, privileged.revoke),
    pin: eitherOf(plain.pin, privileged.pin),
    conversations: {
      ...conversations,
      addMembers: eitherOf(conversations.addMembers, privileged.conversations.addMembers),
      removeMembers: eitherOf(conversations.removeMembers, privileged.conversations.removeMembers),
    },
    inbox: { ...inbox, since: (input) => inbox.since({ wire: WIRE_VERSION, ...input }) },
    send,
    broadcast: (users, message, options = {}) => broadcast(users, message, options, { send, clock, random }),
  };
}

/** The call with or without privilege, as its input says. */
function eitherOf<Input, Output>(
  plain: (input: Input) => Promise<Output>,
  privileged: (input: Input) => Promise<Output>,
): (input: Input & Privileged) => Promise<Output> {
  return async ({ privileged: isPrivileged, ...input }) => {
    if (isPrivileged === undefined) return plain(input as Input);
    if (isPrivileged === true) return privileged(input as Input);
    throw new TidemarkError('invalid_input', 'must be true where it is given', { field: 'privileged' });
  };
}

/** The direct conversation of a sender with the user whom they name. */
function peerOf({ as, conversationId }: { as: string; conversationId?: string | undefined }, to: string) {
  if (conversationId !== undefined) {
    throw new TidemarkError('invalid_input', 'must not be given beside conversationId', { field: 'to' });
  }
  return { conversationId: directConversationId(parseUserId(as, 'as'), parseUserId(to, 'to')) };
}

/** Everybody who may ask gets in; the writer knows what is there. */
const OPEN_GATE = { admit: () => Promise.resolve({ members: 0 }) };

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
