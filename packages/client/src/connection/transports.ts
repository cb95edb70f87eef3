import { observable } from '@trpc/server/observable';
import type { OperationLink } from './socket-transport.ts';

type Operation = Parameters<OperationLink>[0];
type Call = ReturnType<OperationLink>;
type Observer = Parameters<Call['subscribe']>[0];

export type TransportName = 'socket' | 'http';

/** The two transports to the server, and the one in use. Operations under way move when it changes. */
export interface Transports {
  readonly taken: TransportName;
  take(name: TransportName): void;
  readonly call: OperationLink;
  /** Ends what is on HTTP: subscriptions complete, calls fail with `error`. */
  close(error: () => Error): void;
}

/**
 * A subscription that moves resumes after its last id, as the stock client does when it reconnects. A call that moves to
 * HTTP was not sent: it waited for a socket that never opened. A call on HTTP stays there.
 */
export function createTransports(links: Record<TransportName, OperationLink>): Transports {
  const operations = new Set<{ move(): void; end(error: () => Error): void }>();
  let taken: TransportName = 'socket';

  function call(operation: Operation): Call {
    return observable((observer) => {
      const { op } = operation;
      let lastEventId: string | undefined;
      let subscription: { readonly on: TransportName; unsubscribe(): void } | undefined;
      /** Names the subscription whose callbacks count: a stock link completes what is unsubscribed. */
      let current: object | undefined;
      const isSubscription = op.type === 'subscription';

      function subscribe(hasMoved: boolean): void {
        const own = {};
        current = own;
        subscription?.unsubscribe();
        const input = lastEventId === undefined ? op.input : { ...(op.input as object | undefined), lastEventId };
        const finish = (notify: () => void): void => {
          if (current !== own) return;
          current = undefined;
          operations.delete(entry);
          notify();
        };
        const callbacks: Observer = {
          next: (envelope) => {
            if (current !== own) return;
            const { result } = envelope;
            // Over SSE a tracked event has no `type`.
            if ('id' in result && result.id !== undefined) lastEventId = String(result.id);
            // The other transport carried until now: that this one begins by connecting is not worth reporting.
            if (hasMoved && result.type === 'state' && result.state === 'connecting' && !result.error) return;
            observer.next(envelope);
          },
          error: (error) => finish(() => observer.error(error)),
          complete: () => finish(() => observer.complete()),
        };
        subscription = { on: taken, unsubscribe: () => undefined };
        const begun = links[taken]({ ...operation, op: { ...op, input } }).subscribe(callbacks);
        subscription = { on: taken, unsubscribe: () => begun.unsubscribe() };
      }

      const entry = {
        move: () => {
          if (subscription?.on !== taken && (isSubscription || taken === 'http')) subscribe(true);
        },
        end: (error: () => Error) => {
          if (subscription?.on !== 'http') return;
          stop();
          if (isSubscription) observer.complete();
          else observer.error(error() as Parameters<typeof observer.error>[0]);
        },
      };
      function stop(): void {
        current = undefined;
        operations.delete(entry);
        subscription?.unsubscribe();
      }
      operations.add(entry);
      subscribe(false);
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
      for (const entry of [...operations]) entry.move();
    },
    call,
    close: (error) => {
      for (const entry of [...operations]) entry.end(error);
    },
  };
}
