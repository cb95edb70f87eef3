import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Impairment, NetworkPath } from '../verify/system.ts';
import { Lane, type LaneFaults, type LaneFilter } from './lane.ts';

/** The service behind a proxy; on 127.0.0.1 unless `host` says otherwise. */
export interface ProxyTarget {
  readonly host?: string;
  readonly port: number;
}

/** A network path that ends with whoever started it. */
export interface ProxiedPath extends NetworkPath, AsyncDisposable {}

export interface TcpProxyOptions {
  /** `tcp path` unless set. */
  readonly name?: string;
  /** For jitter, and for which connection is meant by `one`. Default Math.random. */
  readonly random?: () => number;
}

/** One connection that passes through. `up` is towards the target. */
interface Passage {
  readonly up: Lane;
  readonly down: Lane;
  readonly faults: { readonly up: LaneFaults; readonly down: LaneFaults };
}

interface Active {
  readonly impairment: Impairment;
  /** The connection it befalls; all of them when absent. */
  readonly only?: Passage;
}

/** Sees the bytes of both directions of a connection. */
export type Filters = (connection: {
  readonly passUp: (bytes: Buffer) => void;
  readonly passDown: (bytes: Buffer) => void;
}) => { readonly up: LaneFilter; readonly down: LaneFilter };

/**
 * A TCP proxy on 127.0.0.1 that does to a connection what networks do. Throws TypeError for an impairment of WebSocket
 * messages: those are the frame proxy's.
 */
export function startTcpProxy(target: ProxyTarget, options: TcpProxyOptions = {}): Promise<ProxiedPath> {
  return startProxy(target, { ...options, protocol: 'tcp', name: options.name ?? 'tcp path' });
}

/** What both proxies are: connections, their two lanes, and the impairments of the moment. */
export async function startProxy(
  target: ProxyTarget,
  options: TcpProxyOptions & {
    readonly name: string;
    readonly protocol: NetworkPath['protocol'];
    readonly filters?: Filters;
    /** Begins an impairment of messages, and returns what ends it; absent where there are none. */
    readonly impairMessages?: (impairment: MessageImpairment) => () => void;
  },
): Promise<ProxiedPath> {
  const { random = Math.random } = options;
  const passages = new Set<Passage>();
  const active = new Set<Active>();

  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => {});
    if ([...active].some(({ impairment }) => impairment.kind === 'refuse')) {
      client.resetAndDestroy();
      return;
    }
    client.setNoDelay(true);
    const { host = '127.0.0.1', port } = target;
    const upstream = connect({ host, port, noDelay: true, allowHalfOpen: true });
    upstream.on('error', () => {});
    join(client, upstream);
  });

  function join(client: Socket, upstream: Socket): void {
    const faults = { up: { ...UNDISTURBED }, down: { ...UNDISTURBED } };
    const up = new Lane({ from: client, to: upstream, faults: faults.up, random });
    const down = new Lane({ from: upstream, to: client, faults: faults.down, random });
    const filters = options.filters?.({ passUp: (bytes) => up.pass(bytes), passDown: (bytes) => down.pass(bytes) });
    if (filters) {
      up.filter = filters.up;
      down.filter = filters.down;
    }
    const passage: Passage = { up, down, faults };
    passages.add(passage);
    for (const socket of [client, upstream]) {
      socket.once('close', () => {
        if (client.closed && upstream.closed) passages.delete(passage);
      });
    }
    apply(passage);
  }

  /** Brings the lanes of a connection to what the impairments of the moment add up to. */
  function apply(passage: Passage): void {
    const mine = [...active].flatMap(({ impairment, only }) => (only && only !== passage ? [] : [impairment]));
    for (const direction of ['up', 'down'] as const) {
      Object.assign(passage.faults[direction], UNDISTURBED);
      for (const impairment of mine) add(passage.faults[direction], impairment, direction);
      passage[direction].wake();
    }
  }

  function applyAll(): void {
    for (const passage of passages) apply(passage);
  }

  function oneOf(): Passage | undefined {
    return [...passages][Math.floor(random() * passages.size)];
  }

  function impair(impairment: Impairment): () => void {
    switch (impairment.kind) {
      case 'half-open':
        for (const { up, down } of passages) {
          up.die();
          down.die();
        }
        return () => {};
      case 'duplicate':
      case 'swap':
      case 'replay':
        if (!options.impairMessages) throw new TypeError(`${impairment.kind} needs a path of protocol websocket`);
        return options.impairMessages(impairment);
      case 'throttle':
        return impairment.which === 'one' ? beginForOne(impairment) : begin({ impairment });
      default:
        return begin({ impairment });
    }
  }

  function beginForOne(impairment: Impairment): () => void {
    const only = oneOf();
    return only ? begin({ impairment, only }) : () => {};
  }

  function begin(mine: Active): () => void {
    active.add(mine);
    applyAll();
    return () => {
      active.delete(mine);
      applyAll();
    };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    name: options.name,
    protocol: options.protocol,
    port: (server.address() as AddressInfo).port,
    get connections() {
      return passages.size;
    },
    cut: (which = 'all') => {
      const victims = which === 'all' ? passages : [oneOf()];
      for (const victim of victims) {
        victim?.up.reset();
        victim?.down.reset();
      }
    },
    impair,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const { up, down } of passages) {
        up.destroy();
        down.destroy();
      }
      await closed;
    },
  };
}

export type MessageImpairment = Extract<Impairment, { readonly share: number }>;

const UNDISTURBED: LaneFaults = { latency: 0, jitter: 0, stalled: false, bytesPerSecond: Number.POSITIVE_INFINITY };

function add(faults: LaneFaults, impairment: Impairment, direction: 'up' | 'down'): void {
  switch (impairment.kind) {
    case 'delay':
      faults.latency += impairment.ms;
      faults.jitter += impairment.jitterMs;
      break;
    case 'stall':
      if (impairment.direction === 'both' || impairment.direction === direction) faults.stalled = true;
      break;
    case 'throttle':
      if (direction === 'down') faults.bytesPerSecond = Math.min(faults.bytesPerSecond, impairment.bytesPerSecond);
      break;
  }
}
