import { TRPCError } from '@trpc/server';

export function userOf(token: string | undefined): { user: { id: string } } {
  if (token === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' });
  return { user: { id: token } };
}
