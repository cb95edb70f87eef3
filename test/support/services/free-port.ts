import { createServer } from 'node:net';

/**
 * Ports are taken from below every system's ephemeral range. From within it, a port that is free between a kill and a
 * restart could be given to some outgoing connection, or a client reconnecting to the dead port could connect to itself.
 * `PORT + 10000` stays below it too, since that is where a Redis Cluster node has its bus.
 */
const FIRST = 11_000;
const COUNT = 10_000;

/** A TCP port of 127.0.0.1 that nobody listens on, and neither on the ports at the given distances above it. */
export async function freePort(alsoFree: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const free = await Promise.all([0, ...alsoFree].map((distance) => isFree(port + distance)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + COUNT}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
