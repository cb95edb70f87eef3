import { TRPCError } from '@trpc/server';
/**
 * The one place where errors of the table become tRPC's. The message is the table's text form, which passes through any
 * application's error formatter; clients read it back with `parseErrorText`.
 */
export declare function toTRPCError(error: unknown): TRPCError;
