import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startTcpProxy } from '../../src/faults/tcp-proxy.ts';

/** A server that sends back what it gets. */
function startEcho() {
  return startServer((socket) => socket.pipe(socket));
}

async function startServer(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
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

describe('the TCP proxy', () => {
  test('passes bytes both ways, and an orderly end', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
    await using client = await startClient(proxy.port);
    client.socket.end('hello');
    await client.closed;
    expect(client.received).toBe('hello');
    expect(client.error).toBeUndefined();
    await expect.poll(() => proxy.connections).toBe(0);
  });

  test('adds latency and keeps the order of chunks under jitter', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
    proxy.impair({ kind: 'delay', ms: 20, jitterMs: 15 });
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
    await using proxy = await startTcpProxy(echo);
    await using client = await startClient(proxy.port);
    client.socket.write('a');
    await expect.poll(() => client.received).toBe('a');
    const heal = proxy.impair({ kind: 'stall', direction: 'both' });
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
    heal();
    client.socket.write('c');
    await expect.poll(() => client.received.replace('server', '')).toBe('abc');
    await expect.poll(() => late.received).toContain('x');
  });

  test('resets both sides of every connection when cut, and serves new ones', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
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
    await using proxy = await startTcpProxy(echo);
    await using open = await startClient(proxy.port);
    await expect.poll(() => proxy.connections).toBe(1);
    proxy.impair({ kind: 'refuse' });
    await using refused = await startClient(proxy.port);
    await refused.closed;
    expect(refused.error?.code).toBe('ECONNRESET');
    open.socket.write('still here');
    await expect.poll(() => open.received).toBe('still here');
  });

  test('passes megabytes unharmed', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
    await using client = await startClient(proxy.port);
    const text = Array.from({ length: 300_000 }, (_, index) => `${index},`).join('');
    client.socket.end(text);
    await client.closed;
    expect(client.received === text).toBe(true);
  });

  test('stalls one direction alone', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
    await using client = await startClient(proxy.port);
    await expect.poll(() => echo.sockets.size).toBe(1);
    const heal = proxy.impair({ kind: 'stall', direction: 'down' });
    const heard = new Promise((resolve) => {
      for (const socket of echo.sockets) socket.once('data', resolve);
    });
    client.socket.write('up');
    await heard;
    await using witness = await startClient(echo.port);
    witness.socket.write('1');
    await expect.poll(() => witness.received).toBe('1');
    expect(client.received).toBe('');
    heal();
    await expect.poll(() => client.received).toBe('up');
  });

  test('kills open connections without telling either side, and serves new ones', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
    await using client = await startClient(proxy.port);
    client.socket.write('a');
    await expect.poll(() => client.received).toBe('a');
    proxy.impair({ kind: 'half-open' })();
    client.socket.write('b');
    for (const socket of echo.sockets) socket.write('server');
    await using next = await startClient(proxy.port);
    next.socket.write('next');
    await expect.poll(() => next.received).toBe('next');
    expect(client.received).toBe('a');
    client.socket.destroy();
    await client.closed;
    next.socket.write('!');
    await expect.poll(() => next.received).toBe('next!');
    // The server has not been told that its client is gone.
    expect([...echo.sockets].filter((socket) => !socket.destroyed)).toHaveLength(2);
  });

  test('lets a slow reader have so many bytes a second, makes the sender wait, and gives all of it when healed', async () => {
    const sent = Buffer.alloc(64 * 1024 * 1024, 'x').length;
    let accepted = 0;
    await using source = await startServer((socket) => {
      const chunk = Buffer.alloc(256 * 1024, 'x');
      const more = (): void => {
        while (accepted < sent) {
          accepted += chunk.length;
          if (!socket.write(chunk)) {
            socket.once('drain', more);
            return;
          }
        }
        socket.end();
      };
      more();
    });
    await using proxy = await startTcpProxy(source);
    const heal = proxy.impair({ kind: 'throttle', bytesPerSecond: 50, which: 'all' });
    const started = performance.now();
    await using client = await startClient(proxy.port);
    await expect.poll(() => client.received.length, { interval: 5 }).toBeGreaterThanOrEqual(20);
    const perSecond = client.received.length / ((performance.now() - started) / 1_000);
    expect(perSecond).toBeLessThan(120);
    // Windows of the kernel take some megabytes; the rest waits where it came from.
    expect(accepted).toBeLessThan(sent / 2);
    heal();
    await client.closed;
    expect(client.received.length).toBe(sent);
  });

  test('slows one connection down and leaves the others alone', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo, { random: () => 0 });
    await using slow = await startClient(proxy.port);
    await expect.poll(() => proxy.connections).toBe(1);
    await using quick = await startClient(proxy.port);
    await expect.poll(() => proxy.connections).toBe(2);
    proxy.impair({ kind: 'throttle', bytesPerSecond: 1, which: 'one' });
    slow.socket.write('slowly');
    quick.socket.write('quickly');
    await expect.poll(() => quick.received).toBe('quickly');
    expect(slow.received.length).toBeLessThanOrEqual(1);
  });

  test('adds up impairments, and each ends by itself', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
    await using client = await startClient(proxy.port);
    const healDelay = proxy.impair({ kind: 'delay', ms: 30, jitterMs: 0 });
    const healStall = proxy.impair({ kind: 'stall', direction: 'up' });
    const started = performance.now();
    client.socket.write('late');
    healStall();
    await expect.poll(() => client.received, { interval: 5 }).toBe('late');
    expect(performance.now() - started).toBeGreaterThanOrEqual(59);
    healDelay();
  });

  test('cuts one connection and leaves the others alone', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo, { random: () => 0 });
    await using victim = await startClient(proxy.port);
    await expect.poll(() => proxy.connections).toBe(1);
    await using other = await startClient(proxy.port);
    await expect.poll(() => proxy.connections).toBe(2);
    proxy.cut('one');
    await victim.closed;
    other.socket.write('here');
    await expect.poll(() => other.received).toBe('here');
  });

  test('refuses to disturb messages, which it does not know', async () => {
    await using echo = await startEcho();
    await using proxy = await startTcpProxy(echo);
    expect(() => proxy.impair({ kind: 'swap', share: 1, direction: 'down' })).toThrow(TypeError);
  });
});
