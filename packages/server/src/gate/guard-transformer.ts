import { DEFAULT_LIMITS, shortened, TidemarkError } from '@tidemark/core';
import type { TRPCCombinedDataTransformer, TRPCDataTransformer } from '@trpc/server';
import { reservedKeyPath } from '../content-shape.ts';
import { toTRPCError } from '../router/trpc-error.ts';
import { checkAnnotations, type InputLimits, isAnnotated, type RareInputType } from './annotations.ts';
import { measureInput } from './measure-input.ts';

export interface InputGuardOptions {
  /** Bounds of what one input may ask to be built; each has its default in `limits` of `createMessaging`. */
  readonly limits?: Partial<InputLimits> | undefined;
  /** Kinds of values that inputs may hold beyond undefined, numbers, dates, URLs, bigints, sets and maps. Default none. */
  readonly allow?: readonly RareInputType[] | undefined;
}

/**
 * The application's transformer, which refuses inputs that cost more than they weigh before it builds anything from them.
 * `attach` does this by itself; for HTTP give the result to `initTRPC`:
 *
 *     initTRPC.create({ transformer: guardTransformer(superjson) })
 *
 * What is refused is answered with `invalid_input` or `content_too_large`, which name the rule: also a key `__proto__`, which
 * a transformer that copies would drop. Outputs pass through.
 */
export function guardTransformer(
  transformer: TRPCDataTransformer | TRPCCombinedDataTransformer,
  options: InputGuardOptions = {},
): TRPCCombinedDataTransformer {
  const { input, output } = 'input' in transformer ? transformer : { input: transformer, output: transformer };
  if (guarded.has(input)) return { input, output };
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const allowed = new Set(options.allow);

  function deserialize(raw: unknown): unknown {
    const annotated = isAnnotated(raw);
    const { hasReferences } = annotated ? checkAnnotations(raw, limits, allowed) : { hasReferences: false };
    const value: unknown = input.deserialize(raw);
    if (value !== raw) requireNoPrototype(raw);
    // A tree is no larger than its text, whose bytes were counted when it came.
    const mayHaveGrown = hasReferences || !(annotated || isPlainTree(raw, value));
    if (mayHaveGrown && measureInput(value, limits.inputBytes) > limits.inputBytes) {
      const limit = 'limits.inputBytes';
      const detail = `at most ${limits.inputBytes} bytes as JSON (${limit})`;
      throw new TidemarkError('content_too_large', detail, { field: 'input', limit });
    }
    return value;
  }

  const guard: TRPCDataTransformer = {
    serialize: (value: unknown): unknown => input.serialize(value),
    deserialize: (raw: unknown): unknown => {
      try {
        return deserialize(raw);
      } catch (error) {
        throw toTRPCError(isOurs(error) ? error : malformed(error));
      }
    },
  };
  guarded.add(guard);
  return { input: guard, output };
}

/** Those that the application has made itself, with options of its own: `attach` leaves them as they are. */
const guarded = new WeakSet<object>();

/** What copies an input loses this key, and nobody would notice; other reserved ones stay, for whoever minds them. */
const LOST: ReadonlySet<string> = new Set(['__proto__']);

function requireNoPrototype(raw: unknown): void {
  const path = reservedKeyPath(raw, LOST)?.replace(/^json\./, '');
  if (path === undefined) return;
  throw new TidemarkError('invalid_input', 'must not have a key named __proto__', { field: shortened(path) });
}

/** Without a transformer the value is what was parsed; superjson without annotations copies that. */
function isPlainTree(raw: unknown, value: unknown): boolean {
  return value === raw || (typeof raw === 'object' && raw !== null && 'json' in raw && !('meta' in raw));
}

function isOurs(error: unknown): boolean {
  return error instanceof TidemarkError;
}

/** The transformer's own words may hold what the client sent; they go to the application's onError as the cause. */
function malformed(cause: unknown): TidemarkError {
  return new TidemarkError('invalid_input', 'cannot be read', { field: 'input', cause });
}
