import { ERRORS, type ErrorCode, TidemarkError, TRANSPORT_CODES } from '@tidemark/core';
import { TRPCClientError } from '@trpc/client';
import { describe, expect, it } from 'vitest';
import { toTidemarkError } from '../src/call-error.ts';

function fromServer(message: string, code: string) {
  return TRPCClientError.from({ error: { message, code: -32000, data: { code, httpStatus: 400 } } });
}

describe('what a failed call means', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('follows the policy of the table for %s', (code) => {
    const sent = new TidemarkError(code, 'because', { field: 'content.total' });
    const error = toTidemarkError(fromServer(sent.message, TRANSPORT_CODES[code]));
    const { policy } = ERRORS[code];
    expect(error).toMatchObject({ code, policy, field: 'content.total', detail: 'because' });
  });

  it('is an unknown outcome when the socket dropped or nothing can be read from it', () => {
    for (const thrown of [
      TRPCClientError.from(new Error('WebSocket closed')),
      TRPCClientError.from({}),
      'what',
      null,
    ]) {
      expect(toTidemarkError(thrown)).toMatchObject({ policy: 'retry', code: 'outcome_unknown' });
    }
  });

  it.each([
    ['BAD_REQUEST', 'give-up', 'invalid_input'],
    ['FORBIDDEN', 'give-up', 'forbidden'],
    ['UNAUTHORIZED', 'reconnect', 'unauthenticated'],
    ['NOT_FOUND', 'retry', 'outcome_unknown'],
    ['INTERNAL_SERVER_ERROR', 'retry', 'outcome_unknown'],
  ] as const)(
    'is read from the tRPC code %s when a middleware of the application refused',
    (transport, policy, code) => {
      expect(toTidemarkError(fromServer('You shall not pass', transport))).toMatchObject({ policy, code });
    },
  );
});
