import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What the proxy does to what passes through it, at this moment. */
export interface Faults {
  /** Milliseconds that each chunk is held back, per direction. */
  readonly latency: number;
  /** Up to so many milliseconds more, at random. Order is kept. */
  readonly jitter: number;
  /** New connections are reset at once, as by a host whose server is down. */
  readonly refuse: boolean;
}

/** A TCP proxy on 127.0.0.1 that does to a connection what networks do. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that pass through now. */
  readonly connections: number;
  set(faults: Partial<Faults>): void;
  /** Nothing passes any more, on open and on new connections, and nobody is told: a half-open network. */
  stall(): void;
  /** What was held back by `stall` passes, in order, and so does all that follows. */
  heal(): void;
  /** Resets every open connection, on both sides. */
  cut(): void;
}

/** One direction of a connection: what arrived and has not been passed on yet, in order. */
interface Lane {
  readonly from: Socket;
  readonly to: Socket;
  readonly queue: { readonly due: number; readonly step: () => void }[];
  timer: NodeJS.Timeout | undefined;
}

/** @param target the service behind the proxy. */
export async function startFaultProxy(target: { readonly host?: string; readonly port: number }): Promise<FaultProxy> {
  let faults: Faults = { latency: 0, jitter: 0, refuse: false };
  let stalled = false;
  const lanes = new Set<Lane>();
  const clients = new Set<Socket>();

  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => {});
    if (faults.refuse) {
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.setNoDelay(true);
    const upstream = connect({
      host: target.host ?? '127.0.0.1',
      port: target.port,
      noDelay: true,
      allowHalfOpen: true,
    });
    upstream.on('error', () => {});
    join(client, upstream);
    join(upstream, client);
  });

  function join(from: Socket, to: Socket): void {
    const lane: Lane = { from, to, queue: [], timer: undefined };
    lanes.add(lane);
    from.on('data', (chunk: Buffer) => {
      enqueue(lane, () => write(lane, chunk));
      // Held back by the sender's own window, not in our memory.
      if (stalled) from.pause();
    });
    from.on('end', () => enqueue(lane, () => to.end()));
    from.on('close', (hadError) => {
      // An orderly end already waits its turn; anything else reaches the other side as a reset.
      if (hadError || !from.readableEnded) enqueue(lane, () => to.resetAndDestroy());
    });
    to.on('close', () => {
      clearTimeout(lane.timer);
      lanes.delete(lane);
    });
  }

  function enqueue(lane: Lane, step: () => void): void {
    const earliest = lane.queue.at(-1)?.due ?? 0;
    const due = Math.max(earliest, performance.now() + faults.latency + Math.random() * faults.jitter);
    lane.queue.push({ due, step });
    drain(lane);
  }

  /** One timer per lane, for its first entry: timers of their own could fire out of order. */
  function drain(lane: Lane): void {
    while (!stalled) {
      const wait = (lane.queue[0]?.due ?? Number.POSITIVE_INFINITY) - performance.now();
      if (wait > 0) {
        if (!Number.isFinite(wait)) return;
        lane.timer ??= setTimeout(() => {
          lane.timer = undefined;
          drain(lane);
        }, Math.ceil(wait));
        return;
      }
      lane.queue.shift()?.step();
    }
  }

  function write(lane: Lane, chunk: Buffer): void {
    if (lane.to.destroyed || lane.to.write(chunk)) return;
    lane.from.pause();
    lane.to.once('drain', () => {
      if (!stalled) lane.from.resume();
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return clients.size;
    },
    set: (changes) => {
      faults = { ...faults, ...changes };
    },
    stall: () => {
      stalled = true;
    },
    heal: () => {
      stalled = false;
      for (const lane of lanes) {
        drain(lane);
        lane.from.resume();
      }
    },
    cut: () => {
      for (const { from } of lanes) from.resetAndDestroy();
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const { from } of lanes) from.destroy();
      await closed;
    },
  };
}
