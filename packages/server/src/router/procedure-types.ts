import type { Call, Calls } from '@tidemark/core';
import type { TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from '@trpc/server';

/**
 * The procedures, by name and by type: what `messaging.procedures` gives to the application's router, and what a front end
 * sees through `import type { AppRouter }`. Made from the calls, so that no schema type leaks into it.
 *
 * @typeParam In  content kinds as senders write them
 * @typeParam Out content kinds as they are stored and delivered
 */
export type MessagingProcedures<In, Out> = {
  // A mapping of its own, by whose name declarations call it: those of another alias would be written out.
  [Name in keyof Calls<In, Out>]: Procedures<Calls<In, Out>[Name]>;
};

type Procedures<C> =
  C extends Call<infer Kind, infer Input, infer Output>
    ? Procedure<Kind, Input, Output>
    : { [Name in keyof C]: Procedures<C[Name]> };

interface Kinds<Input, Output> {
  query: TRPCQueryProcedure<{ input: Input; output: Output; meta: unknown }>;
  mutation: TRPCMutationProcedure<{ input: Input; output: Output; meta: unknown }>;
  subscription: TRPCSubscriptionProcedure<{
    input: Input;
    output: AsyncIterable<Output, void, unknown>;
    meta: unknown;
  }>;
}

type Procedure<Kind extends keyof Kinds<never, never>, Input, Output> = Kinds<Input, Output>[Kind];
