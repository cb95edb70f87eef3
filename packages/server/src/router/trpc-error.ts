import { TidemarkError, TRANSPORT_CODES, UnavailableError } from '@tidemark/core';
import { TRPCError } from '@trpc/server';

/** Of the table where a service cannot be reached; any other is left as it is. */
export function toTableError(error: unknown): unknown {
  if (!(error instanceof UnavailableError)) return error;
  return new TidemarkError('unavailable', 'the store or the queue cannot be reached', { cause: error });
}

/**
 * The one place where errors of the table become tRPC's. The message is the table's text form, which passes through any
 * application's error formatter; clients read it back with `parseErrorText`.
 */
export function toTRPCError(error: unknown): TRPCError {
  if (error instanceof TRPCError) return error;
  const known = toTableError(error);
  if (known instanceof TidemarkError) {
    return withoutStack(new TRPCError({ code: TRANSPORT_CODES[known.code], message: known.message, cause: known }));
  }
  // What it says may be the database's words; it goes to the application's onError as the cause, not to the client.
  return withoutStack(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'internal error', cause: known }));
}

/**
 * tRPC sends an error's stack unless NODE_ENV is production or the application says `isDev: false`. The stack of the cause is
 * left for `onError`.
 */
function withoutStack<Failure extends Error>(error: Failure): Failure {
  return Object.defineProperty(error, 'stack', { value: undefined });
}
