import { withOwnSignal } from '../abort-signal.ts';
import type { CallOptions, MessagingTrpc } from '../messaging-trpc.ts';

type Calls = Readonly<Record<string, (input: unknown, options?: CallOptions) => unknown>>;

/**
 * The same calls, each made when `confirmed` resolves: until the feed has said whose it is, what is sent might be sent as
 * somebody else. The feed itself is subscribed at once.
 */
export function confirmedCalls(trpc: MessagingTrpc, confirmed: () => Promise<void>): MessagingTrpc {
  const guard = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, key: string) => {
        // Called as members of their owner: those of the stock client are proxies that take any other access for a path.
        const calls = target as unknown as Calls;
        if (key === 'subscribe') return (...args: Parameters<Calls[string]>) => calls[key]?.(...args);
        if (key !== 'mutate' && key !== 'query') return guard(calls[key] as object);
        return async (input: unknown, { signal }: CallOptions = {}) => {
          await confirmed();
          // The stock client listens to the signal of each call.
          return withOwnSignal(signal, async (own) => calls[key]?.(input, { signal: own }));
        };
      },
    });
  return guard(trpc);
}
