import type { TRPCClientError, TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';

export type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>;

export interface SocketRoad {
  readonly call: OperationLink;
  /** The last open socket is gone. */
  lose(error: () => TRPCClientError<AnyTRPCRouter>): void;
}

/**
 * The stock client's way over a socket. Calls made while one was open fail with it, also those that were not written yet: the stock
 * client would send these on the next socket, which may be somebody else's. Subscriptions are resumed, and calls that were made
 * without a socket wait for one.
 */
export function createSocketRoad(link: OperationLink, isOpen: () => boolean): SocketRoad {
  const losses = new Set<SocketRoad['lose']>();
  return {
    call: (operation) =>
      observable((observer) => {
        const fail: SocketRoad['lose'] = (error) => observer.error(error());
        if (operation.op.type !== 'subscription' && isOpen()) losses.add(fail);
        const travel = link(operation).subscribe(observer);
        return () => {
          losses.delete(fail);
          travel.unsubscribe();
        };
      }),
    lose: (error) => {
      for (const fail of [...losses]) fail(error);
    },
  };
}
