import type { wsLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';

type Transformer = Parameters<typeof wsLink<AnyTRPCRouter>>[0]['transformer'];

interface Reads {
  deserialize(value: unknown): { readonly code?: unknown } | undefined;
}

/**
 * Whether the stock client can read an error that the server sent, by the rule of its own: one that it cannot read, since only
 * one side has a transformer, it throws where nobody can catch it.
 */
export function errorReader(transformer: Transformer): (error: unknown) => boolean {
  const output = (transformer && 'output' in transformer ? transformer.output : transformer) as Reads | undefined;
  return (error) => {
    try {
      const read = output ? output.deserialize(error) : (error as ReturnType<Reads['deserialize']>);
      return typeof read?.code === 'number';
    } catch {
      return false;
    }
  };
}
