import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startFrameProxy } from '../../src/faults/frame-proxy.ts';

/** A WebSocket server that keeps what it hears. It takes compression when offered. */
async function startSocketServer() {
  const http = createServer((_, response) => response.end('plain'));
  const server = new WebSocketServer({ server: http, perMessageDeflate: { threshold: 0 } });
  const heard: string[] = [];
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data) => heard.push(String(data)));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    heard,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.terminate();
      server.close();
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
}

/** A proxy in front of a server, and one client that keeps what it hears. */
async function startScene(random: () => number = () => 0) {
  const server = await startSocketServer();
  const proxy = await startFrameProxy(server, { random });
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}`);
  const heard: string[] = [];
  client.on('message', (data) => heard.push(String(data)));
  client.on('error', () => {});
  await once(client, 'open');
  await expect.poll(() => server.sockets.length).toBe(1);
  return {
    server,
    proxy,
    client,
    heard,
    peer: server.sockets[0] as WebSocket,
    [Symbol.asyncDispose]: async () => {
      client.terminate();
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const started = (id: number) => JSON.stringify({ id, result: { type: 'started' } });
const stopped = (id: number) => JSON.stringify({ id, result: { type: 'stopped' } });
const data = (id: number, value: unknown) => JSON.stringify({ id, result: { type: 'data', data: value } });
const call = (id: number, method = 'mutation') => JSON.stringify({ id, method, params: { path: 'send' } });

describe('the frame proxy', () => {
  test('passes text, binary, pings and large messages in fragments unharmed, and refuses compression', async () => {
    await using scene = await startScene();
    const { client, peer, heard } = scene;
    expect(client.extensions).toBe('');
    const large = 'ü'.repeat(100_000);
    const binary: Buffer[] = [];
    client.on('message', (bytes, isBinary) => {
      if (isBinary) binary.push(bytes as Buffer);
    });
    peer.send('first', { fin: false });
    peer.ping('between');
    peer.send(' and rest', { fin: true });
    peer.send(large);
    peer.send(Buffer.from([1, 2, 3]));
    await once(client, 'ping');
    await expect.poll(() => binary.length).toBe(1);
    expect(heard.slice(0, 2)).toEqual(['first and rest', large]);
    client.send(large);
    await expect.poll(() => scene.server.heard).toEqual([large]);
    client.close(4_000, 'bye');
    const [code] = await once(peer, 'close');
    expect(code).toBe(4_000);
  });

  test('passes plain HTTP', async () => {
    await using scene = await startScene();
    const text = await new Promise((resolve, reject) => {
      get(`http://127.0.0.1:${scene.proxy.port}/`, { agent: false }, (response) => {
        response.on('data', (chunk) => resolve(String(chunk)));
      }).on('error', reject);
    });
    expect(text).toBe('plain');
  });

  test('repeats data of a running subscription, and nothing else', async () => {
    await using scene = await startScene();
    const { peer, proxy, heard } = scene;
    const end = proxy.impair({ kind: 'duplicate', share: 1, direction: 'down' });
    const result = data(7, 'result of a call');
    const error = JSON.stringify({ id: 1, error: { message: 'no' } });
    for (const text of ['PONG', started(1), data(1, 'a'), result, stopped(1), data(1, 'late'), error]) peer.send(text);
    await expect.poll(() => heard.at(-1)).toBe(error);
    expect(heard).toEqual(['PONG', started(1), data(1, 'a'), data(1, 'a'), result, stopped(1), data(1, 'late'), error]);
    expect(proxy.disturbances.duplicated).toBe(1);
    end();
    peer.send(started(2));
    peer.send(data(2, 'once'));
    peer.send('PONG');
    await expect.poll(() => heard.at(-1)).toBe('PONG');
    expect(heard.filter((text) => text === data(2, 'once'))).toHaveLength(1);
  });

  test('exchanges neighbours of one subscription, and never moves anything past another message', async () => {
    await using scene = await startScene();
    const { peer, proxy, heard } = scene;
    proxy.impair({ kind: 'swap', share: 1, direction: 'down' });
    const sent = [started(1), started(2), data(1, 'a'), data(1, 'b'), data(1, 'c'), data(2, 'x'), 'PONG'];
    for (const text of sent) peer.send(text);
    await expect.poll(() => heard.length).toBe(sent.length);
    expect(heard).toEqual([started(1), started(2), data(1, 'b'), data(1, 'a'), data(1, 'c'), data(2, 'x'), 'PONG']);
    expect(proxy.disturbances.swapped).toBe(1);
  });

  test('lets a message go that nothing overtakes', async () => {
    await using scene = await startScene();
    scene.proxy.impair({ kind: 'swap', share: 1, direction: 'down' });
    scene.peer.send(started(1));
    scene.peer.send(data(1, 'alone'));
    await expect.poll(() => scene.heard).toEqual([started(1), data(1, 'alone')]);
    expect(scene.proxy.disturbances.swapped).toBe(0);
  });

  test('replays earlier data of the same subscription on the same connection', async () => {
    await using scene = await startScene();
    const { peer, proxy, heard } = scene;
    for (const text of [started(1), started(2), data(1, 'a'), data(2, 'x'), data(1, 'b')]) peer.send(text);
    await expect.poll(() => heard.length).toBe(5);
    const end = proxy.impair({ kind: 'replay', share: 1, direction: 'down' });
    peer.send(data(1, 'c'));
    await expect.poll(() => heard.length).toBe(8);
    end();
    expect(heard.slice(5)).toEqual([data(1, 'c'), data(1, 'a'), data(1, 'b')]);
    expect(proxy.disturbances.replayed).toBe(2);
  });

  test('upwards it repeats and exchanges calls, and leaves subscriptions and connection parameters alone', async () => {
    await using scene = await startScene();
    const { client, proxy, server } = scene;
    const parameters = JSON.stringify({ method: 'connectionParams', data: {} });
    const batch = JSON.stringify([{ id: 5, method: 'query' }]);
    const subscribe = call(2, 'subscription');
    const endDuplicates = proxy.impair({ kind: 'duplicate', share: 1, direction: 'up' });
    for (const text of [parameters, subscribe, call(3), batch, 'PING']) client.send(text);
    await expect.poll(() => server.heard.at(-1)).toBe('PING');
    expect(server.heard).toEqual([parameters, subscribe, call(3), call(3), batch, batch, 'PING']);
    endDuplicates();
    proxy.impair({ kind: 'swap', share: 1, direction: 'up' });
    for (const text of [call(6), call(7), 'PING']) client.send(text);
    await expect.poll(() => server.heard.length).toBe(10);
    expect(server.heard.slice(7)).toEqual([call(7), call(6), 'PING']);
  });

  test('cut, delay and half-open work as on any TCP path', async () => {
    await using scene = await startScene();
    const { client, peer, proxy, heard } = scene;
    const end = proxy.impair({ kind: 'delay', ms: 30, jitterMs: 0 });
    const sent = performance.now();
    peer.send('late');
    await expect.poll(() => heard, { interval: 2 }).toEqual(['late']);
    expect(performance.now() - sent).toBeGreaterThanOrEqual(29);
    end();
    proxy.cut();
    await once(client, 'close');
    const next = new WebSocket(`ws://127.0.0.1:${proxy.port}`);
    next.on('error', () => {});
    await once(next, 'open');
    proxy.impair({ kind: 'half-open' });
    next.terminate();
    await once(next, 'close');
    const witness = new WebSocket(`ws://127.0.0.1:${proxy.port}`);
    await once(witness, 'open');
    expect(scene.server.sockets.slice(1).map(({ readyState }) => readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    witness.terminate();
  });
});
