import type { TRPCClientError, TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';

export type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>;

export interface SocketTransport {
  readonly call: OperationLink;
  /** The last open socket is gone. */
  lose(error: () => TRPCClientError<AnyTRPCRouter>): void;
}

/**
 * The stock client's way over a socket. Calls made while one was open fail with it, also those that were not written yet: the stock
 * client would send these on the next socket, which may be somebody else's. Subscriptions are resumed, and calls that were made
 * without a socket wait for one.
 */
export function createSocketTransport(link: OperationLink, isOpen: () => boolean): SocketTransport {
  const losses = new Set<SocketTransport['lose']>();
  return {
    call: (operation) =>
      observable((observer) => {
        const fail: SocketTransport['lose'] = (error) => observer.error(error());
        if (operation.op.type !== 'subscription' && isOpen()) losses.add(fail);
        const subscription = link(operation).subscribe(observer);
        return () => {
          losses.delete(fail);
          subscription.unsubscribe();
        };
      }),
    lose: (error) => {
      for (const fail of [...losses]) fail(error);
    },
  };
}
