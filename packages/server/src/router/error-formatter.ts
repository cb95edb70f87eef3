import { type ErrorCode, type ErrorPolicy, parseErrorText } from '@tidemark/core';
import type { TRPCDefaultErrorShape } from '@trpc/server';

/** An error of the table as data, beside its text. */
export interface ErrorData {
  readonly code: ErrorCode;
  /** The input that is wrong; null where none is. */
  readonly field: string | null;
  /** The application's word for why it refused; null where it gave none. */
  readonly reason: string | null;
  /** What a client does about it. */
  readonly policy: ErrorPolicy;
}

/**
 * For `initTRPC.create({ errorFormatter })`: errors of the table say in `data.tidemark` what their text says; it is null for all
 * others.
 */
export function errorFormatter<Shape extends TRPCDefaultErrorShape>({ shape }: { readonly shape: Shape }) {
  const error = parseErrorText(shape.message);
  const tidemark: ErrorData | null = error
    ? { code: error.code, field: error.field ?? null, reason: error.reason ?? null, policy: error.policy }
    : null;
  return { ...shape, data: { ...shape.data, tidemark } };
}
