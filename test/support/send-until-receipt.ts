import { type ErrorCode, parseErrorText, type Receipt } from '@tidemark/core';
import { TRPCClientError } from '@trpc/client';
import type { StockClient } from './delivery-record.ts';
import { PATIENCE_MS } from './patience.ts';

export interface Draft {
  readonly conversationId: string;
  readonly clientMessageId: string;
  readonly text: string;
}

/** Why a call was made again: what the server said, or that the connection was lost with the call on its way. */
export type RetryReason = ErrorCode | 'connection';

/** Makes a call again and again while it fails as retryable or with its connection, as an outbox does. */
export async function untilDone<T>(
  call: () => Promise<T>,
  onRetry: (reason: RetryReason) => void = () => {},
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    try {
      return await call();
    } catch (error) {
      const reason = retryReason(error);
      if (reason === undefined) throw error;
      if (performance.now() > deadline) throw new Error(`nothing but failures for ${PATIENCE_MS} ms`, { cause: error });
      onRetry(reason);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Sends with the same clientMessageId until there is a receipt, each time through the client of that moment. */
export function sendUntilReceipt(
  client: StockClient | (() => StockClient),
  draft: Draft,
  onRetry?: (reason: RetryReason) => void,
): Promise<Receipt> {
  const { text, ...ids } = draft;
  const now = typeof client === 'function' ? client : () => client;
  return untilDone(() => now().trpc.chat.send.mutate({ ...ids, type: 'text', content: { text } }), onRetry);
}

/** `undefined` for what will not pass: a final error of the table, or a defect that the server answered with. */
function retryReason(error: unknown): RetryReason | undefined {
  if (!(error instanceof TRPCClientError)) return undefined;
  const known = parseErrorText(error.message);
  if (known) return known.policy === 'give-up' ? undefined : known.code;
  return error.data ? undefined : 'connection';
}
