import { parseErrorText, type TidemarkError } from '@tidemark/core';
import { TRPCClientError } from '@trpc/client';
import { expect } from 'vitest';

/** The error of the table that a call fails with. */
export async function refusal(call: Promise<unknown>): Promise<TidemarkError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, 'the call must be refused').toBeInstanceOf(TRPCClientError);
  const parsed = parseErrorText((error as Error).message);
  expect(parsed, `"${(error as Error).message}" must be of the error table`).toBeDefined();
  return parsed as TidemarkError;
}
