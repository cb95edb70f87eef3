import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startFaultProxy } from './fault-proxy.ts';

/** A server that sends back what it gets. */
async function startEcho() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A connection that collects what it receives. */
async function startClient(port: number) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let received = '';
  let error: NodeJS.ErrnoException | undefined;
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  socket.on('error', (cause) => {
    error = cause;
  });
  const closed = once(socket, 'close').catch(() => {});
  await Promise.race([once(socket, 'connect').catch(() => {}), closed]);
  return {
    socket,
    closed,
    get received() {
      return received;
    },
    get error() {
      return error;
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed;
    },
  };
}

describe('the fault proxy', () => {
  test('passes bytes both ways, and an orderly end', async () => {
    await using echo = await startEcho();
    await using proxy = await startFaultProxy(echo);
    await using client = await startClient(proxy.port);
    client.socket.end('hello');
    await client.closed;
    expect(client.received).toBe('hello');
    expect(client.error).toBeUndefined();
    await expect.poll(() => proxy.connections).toBe(0);
  });

  test('adds latency and keeps the order of chunks under jitter', async () => {
    await using echo = await startEcho();
    await using proxy = await startFaultProxy(echo);
    proxy.set({ latency: 20, jitter: 15 });
    await using client = await startClient(proxy.port);
    const started = performance.now();
    const sent = Array.from({ length: 40 }, (_, index) => `${index};`);
    for (const each of sent) {
      client.socket.write(each);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => client.received, { interval: 5 }).toBe(sent.join(''));
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
  });

  test('lets nothing through while stalled, tells nobody, and passes all of it in order when healed', async () => {
    await using echo = await startEcho();
    await using proxy = await startFaultProxy(echo);
    await using client = await startClient(proxy.port);
    client.socket.write('a');
    await expect.poll(() => client.received).toBe('a');
    proxy.stall();
    client.socket.write('b');
    await using late = await startClient(proxy.port);
    late.socket.write('x');
    await expect.poll(() => proxy.connections).toBe(2);
    for (const socket of echo.sockets) socket.write('server');
    // Two round trips over another connection of the loopback: time enough for anything that leaks through.
    await using witness = await startClient(echo.port);
    for (const mark of ['1', '12']) {
      witness.socket.write(mark.slice(-1));
      await expect.poll(() => witness.received).toBe(mark);
    }
    expect(client.received).toBe('a');
    expect(late.received).toBe('');
    proxy.heal();
    client.socket.write('c');
    await expect.poll(() => client.received.replace('server', '')).toBe('abc');
    await expect.poll(() => late.received).toContain('x');
  });

  test('resets both sides of every connection when cut, and serves new ones', async () => {
    await using echo = await startEcho();
    await using proxy = await startFaultProxy(echo);
    await using client = await startClient(proxy.port);
    await expect.poll(() => echo.sockets.size).toBe(1);
    proxy.cut();
    await client.closed;
    expect(client.error?.code).toBe('ECONNRESET');
    await expect.poll(() => echo.sockets.size).toBe(0);
    await using next = await startClient(proxy.port);
    next.socket.write('again');
    await expect.poll(() => next.received).toBe('again');
  });

  test('resets new connections while it refuses and leaves open ones alone', async () => {
    await using echo = await startEcho();
    await using proxy = await startFaultProxy(echo);
    await using open = await startClient(proxy.port);
    await expect.poll(() => proxy.connections).toBe(1);
    proxy.set({ refuse: true });
    await using refused = await startClient(proxy.port);
    await refused.closed;
    expect(refused.error?.code).toBe('ECONNRESET');
    open.socket.write('still here');
    await expect.poll(() => open.received).toBe('still here');
  });

  test('passes megabytes unharmed', async () => {
    await using echo = await startEcho();
    await using proxy = await startFaultProxy(echo);
    await using client = await startClient(proxy.port);
    const text = Array.from({ length: 300_000 }, (_, index) => `${index},`).join('');
    client.socket.end(text);
    await client.closed;
    expect(client.received === text).toBe(true);
  });
});
