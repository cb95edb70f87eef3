import { type Disturbances, type Judge, MessageDisturber, type MessageFaults } from './message-disturber.ts';
import {
  type Filters,
  type MessageImpairment,
  type ProxiedPath,
  type ProxyTarget,
  startProxy,
  type TcpProxyOptions,
} from './tcp-proxy.ts';
import { trpcDown, trpcUp } from './trpc-messages.ts';

export interface FrameProxyOptions extends TcpProxyOptions {
  /** Which messages may be disturbed, per direction; made anew for each connection. Default: those of tRPC. */
  readonly judges?: { readonly up: () => Judge; readonly down: () => Judge };
}

export interface FrameProxy extends ProxiedPath {
  /** What befell messages so far, over all connections and both directions. */
  readonly disturbances: Readonly<Disturbances>;
}

/**
 * A TCP proxy that knows WebSocket messages: beside what networks do to connections, it repeats and exchanges messages. Both
 * ends see frames as the other side made them; only the offer of compression is left out. Plain HTTP passes as it is. Which
 * messages it touches, and why others not: trpc-messages.ts.
 */
export async function startFrameProxy(target: ProxyTarget, options: FrameProxyOptions = {}): Promise<FrameProxy> {
  const { name = 'websocket path', random = Math.random, judges = { up: trpcUp, down: trpcDown } } = options;
  const disturbances: Disturbances = { duplicated: 0, swapped: 0, replayed: 0 };
  const faults = { up: none(), down: none() };
  const active = new Set<MessageImpairment>();

  const filters: Filters = ({ passUp, passDown }) => {
    const common = { counts: disturbances, random };
    return {
      up: new MessageDisturber({ ...common, pass: passUp, faults: faults.up, judge: judges.up() }),
      down: new MessageDisturber({ ...common, pass: passDown, faults: faults.down, judge: judges.down() }),
    };
  };

  function apply(): void {
    Object.assign(faults.up, none());
    Object.assign(faults.down, none());
    for (const { kind, share, direction } of active) faults[direction][kind] = Math.max(faults[direction][kind], share);
  }

  const path = await startProxy(target, {
    random,
    name,
    protocol: 'websocket',
    filters,
    impairMessages: (impairment) => {
      active.add(impairment);
      apply();
      return () => {
        active.delete(impairment);
        apply();
      };
    },
  });
  return Object.defineProperty(path, 'disturbances', { value: disturbances, enumerable: true }) as FrameProxy;
}

function none(): MessageFaults {
  return { duplicate: 0, swap: 0, replay: 0 };
}
