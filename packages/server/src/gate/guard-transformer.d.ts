import type { TRPCCombinedDataTransformer, TRPCDataTransformer } from '@trpc/server';
import { type InputLimits, type RareInputType } from './annotations.ts';
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
 * What is refused is answered with `invalid_input` or `content_too_large`, which name the rule. Outputs pass through.
 */
export declare function guardTransformer(transformer: TRPCDataTransformer | TRPCCombinedDataTransformer, options?: InputGuardOptions): TRPCCombinedDataTransformer;
