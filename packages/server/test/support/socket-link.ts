import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Epoch } from '@tidemark/core';
import { initTRPC } from '@trpc/server';
import { WebSocket, WebSocketServer } from 'ws';
import { AttachedSocket, type AttachedSocketOptions } from '../../src/subscription/attached-socket.ts';
import { FeedText } from '../../src/subscription/entry-text.ts';

export const BUFFER_LIMIT = 256 * 1024;

/** An attached socket on a real connection, and the client at its other end. */
export async function connectLink(change: Partial<AttachedSocketOptions> = {}) {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  const feedText = new FeedText(initTRPC.create().router({}), 'epoch1' as Epoch, Math.random);
  const attaching = new Promise<{ attached: AttachedSocket; socket: WebSocket; tcp: Duplex }>((resolve) => {
    server.on('upgrade', (request, tcp, head) => {
      sockets.handleUpgrade(request, tcp, head, (socket) => {
        const options = {
          tcp,
          bufferLimit: BUFFER_LIMIT,
          slowGraceMs: 60_000,
          onSlow: () => {},
          feedText: () => feedText,
          ...change,
        };
        resolve({ attached: new AttachedSocket(socket, options), socket, tcp });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const received: string[] = [];
  client.on('message', (data) => received.push(data.toString()));
  await new Promise((resolve) => client.once('open', resolve));
  const { attached, socket, tcp } = await attaching;
  return {
    attached,
    socket,
    tcp,
    client,
    received,
    feedText,
    async [Symbol.asyncDispose]() {
      client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The TCP connection of a client, past its framing. */
export function rawOf(client: WebSocket): Duplex {
  return (client as unknown as { _socket: Duplex })._socket;
}

/** A frame as clients send it, with a mask of zeros. */
export function clientFrame(text: string, { opcode = 0x1, isFinal = true } = {}): Buffer {
  const payload = Buffer.from(text);
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.of((isFinal ? 0x80 : 0) | opcode, ...length, 0, 0, 0, 0), payload]);
}
