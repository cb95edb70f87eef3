import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Forwards requests, and refuses upgrades: a network that blocks WebSocket. */
export interface HttpOnlyProxy extends AsyncDisposable {
  readonly url: string;
  /** Upgrades that it did not let through. */
  readonly refused: number;
  /** Of all requests, in order. */
  readonly urls: readonly string[];
}

/** @param port of the server behind it */
export async function startHttpOnlyProxy(port: number): Promise<HttpOnlyProxy> {
  let refused = 0;
  const urls: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    urls.push(url);
    const forwarded = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.on('upgrade', (_request, socket) => {
    refused += 1;
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    get refused() {
      return refused;
    },
    urls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
