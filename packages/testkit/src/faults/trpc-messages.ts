import type { Judge } from './message-disturber.ts';

/**
 * Which messages of tRPC over WebSocket may come twice, change places or come again. A network that loses and repeats cannot
 * do this to TLS; proxies, tunnels, clients with a reconnect bug and replaying middleware can, and what it asks of both
 * ends is what P3 and P8 promise: what was sent twice happened once, and what came twice is shown once.
 *
 *  - Down: data of a running subscription, among that subscription alone. `started`, `stopped`, errors, the results of calls
 *    and the keep-alive pass untouched: repeating or moving those would break tRPC itself, and prove nothing of us. A
 *    result looks like data of a subscription, so the subscriptions are known from their `started`. Nothing is replayed
 *    into another connection: ids of requests mean something else there.
 *  - Up: mutations and queries. A second one with the same id is carried out again, and the client has no call that waits for
 *    its answer. A subscription with an id that is in use is refused, and its refusal would end the one that runs; so
 *    those pass untouched, and so does `connectionParams`, which must be first. Exchanged are only calls that both wait for
 *    their answer: a client that needs an order awaits the first.
 */
export function trpcDown(): Judge {
  const running = new Set<string>();
  return (text) => {
    const message = parse(text);
    if (!isRecord(message) || message['id'] === null || message['id'] === undefined) return undefined;
    const id = String(message['id']);
    const result = message['result'];
    const type = isRecord(result) ? result['type'] : undefined;
    if (type === 'started') running.add(id);
    if (type === 'stopped' || message['error'] !== undefined) running.delete(id);
    return (type === 'data' || type === undefined) && isRecord(result) && running.has(id) ? id : undefined;
  };
}

export function trpcUp(): Judge {
  return (text) => {
    const message = parse(text);
    const calls = Array.isArray(message) ? message : [message];
    return calls.length > 0 && calls.every(isCall) ? 'calls' : undefined;
  };
}

function isCall(message: unknown): boolean {
  return isRecord(message) && (message['method'] === 'mutation' || message['method'] === 'query');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // PING, PONG.
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
