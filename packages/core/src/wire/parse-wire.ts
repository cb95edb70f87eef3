import type { z } from 'zod';
import { type ErrorCode, shortened, TidemarkError } from '../errors.ts';

/**
 * Parses `value` or throws `invalid_input` (or the code an id parser asks for) naming the first offending field.
 * The one place where a zod issue becomes an error of the table.
 */
export function parseWire<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'input';
  const params =
    issue?.code === 'custom' ? (issue.params as { code?: ErrorCode; limit?: string } | undefined) : undefined;
  // An issue quotes what it met: every key that no field has, for one.
  const detail = shortened(issue?.message ?? 'does not fit');
  throw new TidemarkError(params?.code ?? 'invalid_input', detail, { field, limit: params?.limit });
}
