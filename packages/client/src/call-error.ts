import { parseErrorText, TidemarkError } from '@tidemark/core';
import { textOf } from './connection/connection-cause.ts';

/**
 * Refusals of the application's own middlewares, by tRPC code. They come from the server and are definite, unlike a
 * dropped socket, so retrying them for ever would only block what is queued behind.
 */
const APPLICATION_REFUSALS = {
  BAD_REQUEST: 'invalid_input',
  FORBIDDEN: 'forbidden',
  UNAUTHORIZED: 'unauthenticated',
} as const;

/** What a call gives, `undefined` when it was refused for good. Rejects with any other error: try again. */
export async function unlessRefused<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (thrown) {
    const error = toTidemarkError(thrown);
    if (error.policy !== 'give-up') throw error;
    return undefined;
  }
}

/** The error of the table that `thrown` carries; `outcome_unknown` with `thrown` as its cause when it carries none. */
export function toTidemarkError(thrown: unknown): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown;
  const text = textOf(thrown);
  const parsed = parseErrorText(text);
  if (parsed) return parsed;
  const transport = transportCodeOf(thrown);
  if (transport !== undefined && Object.hasOwn(APPLICATION_REFUSALS, transport)) {
    return new TidemarkError(APPLICATION_REFUSALS[transport as keyof typeof APPLICATION_REFUSALS], text, {
      cause: thrown,
    });
  }
  return new TidemarkError('outcome_unknown', text, { cause: thrown });
}

/** Whether the server, of an earlier version, has no such procedure: that is tRPC's word, not ours. */
export function isUnknownProcedure(thrown: unknown): boolean {
  return transportCodeOf(thrown) === 'NOT_FOUND' && !parseErrorText(textOf(thrown));
}

/** Whether the server has answered, as opposed to a connection that was lost. */
export function isServersAnswer(thrown: unknown): boolean {
  return transportCodeOf(thrown) !== undefined;
}

/** `data.code` of a TRPCClientError that came from the server; absent on network errors. */
function transportCodeOf(thrown: unknown): string | undefined {
  const code = (thrown as { data?: { code?: unknown } | null } | null | undefined)?.data?.code;
  return typeof code === 'string' ? code : undefined;
}
