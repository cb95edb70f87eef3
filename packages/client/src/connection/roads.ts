import { observable } from '@trpc/server/observable';
import type { OperationLink } from './socket-road.ts';

type Operation = Parameters<OperationLink>[0];
type Travel = ReturnType<OperationLink>;
type Observer = Parameters<Travel['subscribe']>[0];

export type RoadName = 'socket' | 'http';

/** The two ways to the server, and the one that is taken. Operations under way move when it changes. */
export interface Roads {
  readonly taken: RoadName;
  take(name: RoadName): void;
  readonly call: OperationLink;
  /** Whatever is on the HTTP road ends: subscriptions complete, calls fail with `error`. */
  close(error: () => Error): void;
}

/**
 * A subscription that moves goes on after its last id, as the stock client does when it reconnects. A call that moves to
 * HTTP was not sent: on a socket road that never opened it only waited. A call on HTTP stays there.
 */
export function createRoads(links: Record<RoadName, OperationLink>): Roads {
  const travellers = new Set<{ move(): void; end(error: () => Error): void }>();
  let taken: RoadName = 'socket';

  function travel(operation: Operation): Travel {
    return observable((observer) => {
      const { op } = operation;
      let lastEventId: string | undefined;
      let leg: { readonly on: RoadName; unsubscribe(): void } | undefined;
      /** Names the leg whose callbacks count: a stock link completes what is unsubscribed. */
      let current: object | undefined;
      const isSubscription = op.type === 'subscription';

      function ride(hasMoved: boolean): void {
        const own = {};
        current = own;
        leg?.unsubscribe();
        const input = lastEventId === undefined ? op.input : { ...(op.input as object | undefined), lastEventId };
        const finish = (tell: () => void): void => {
          if (current !== own) return;
          current = undefined;
          travellers.delete(traveller);
          tell();
        };
        const callbacks: Observer = {
          next: (envelope) => {
            if (current !== own) return;
            const { result } = envelope;
            // Over SSE a tracked event has no `type`.
            if ('id' in result && result.id !== undefined) lastEventId = String(result.id);
            // The road before carried until now: nobody needs to hear that this one begins by connecting.
            if (hasMoved && result.type === 'state' && result.state === 'connecting' && !result.error) return;
            observer.next(envelope);
          },
          error: (error) => finish(() => observer.error(error)),
          complete: () => finish(() => observer.complete()),
        };
        leg = { on: taken, unsubscribe: () => undefined };
        const begun = links[taken]({ ...operation, op: { ...op, input } }).subscribe(callbacks);
        leg = { on: taken, unsubscribe: () => begun.unsubscribe() };
      }

      const traveller = {
        move: () => {
          if (leg?.on !== taken && (isSubscription || taken === 'http')) ride(true);
        },
        end: (error: () => Error) => {
          if (leg?.on !== 'http') return;
          stop();
          if (isSubscription) observer.complete();
          else observer.error(error() as Parameters<typeof observer.error>[0]);
        },
      };
      function stop(): void {
        current = undefined;
        travellers.delete(traveller);
        leg?.unsubscribe();
      }
      travellers.add(traveller);
      ride(false);
      return stop;
    });
  }

  return {
    get taken() {
      return taken;
    },
    take: (name) => {
      if (name === taken) return;
      taken = name;
      for (const traveller of [...travellers]) traveller.move();
    },
    call: travel,
    close: (error) => {
      for (const traveller of [...travellers]) traveller.end(error);
    },
  };
}
