import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  type FrameTemplate,
  fillTemplate,
  frameTemplate,
  textFrame,
  textTemplate,
} from '../../src/subscription/text-frame.ts';

/** What a WebSocket client makes of frames that are written to its connection as they are. */
async function received(frames: readonly Buffer[]): Promise<string[]> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, tcp, head) => {
    sockets.handleUpgrade(request, tcp, head, (socket) => {
      for (const frame of frames) tcp.write(frame);
      socket.close();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const texts: string[] = [];
  client.on('message', (data: Buffer, isBinary: boolean) => texts.push(isBinary ? 'binary' : data.toString()));
  await once(client, 'close');
  server.close();
  return texts;
}

/** The frame with that number, behind a few bytes of something else. */
function written(frame: FrameTemplate, number: number): Buffer {
  const target = Buffer.alloc(frame.bytes.length + 5);
  expect(fillTemplate(frame, number, target, 5)).toBe(target.length);
  return target.subarray(5);
}

test('a frame of every form of length is read as its text', async () => {
  const texts = [0, 1, 125, 126, 65_535, 65_536, 200_000].map((length) => 'x'.repeat(length));
  texts.push('ü'.repeat(62), 'ü'.repeat(63), '漢字 🌊'.repeat(10_000));
  expect(await received(texts.map((text) => written(textFrame(text), 7)))).toEqual(texts);
});

test('a text takes its number at every place, and may take another', async () => {
  for (const parts of [
    ['ü', '漢', '🌊'],
    ['', '', ''],
    ['a'.repeat(200), 'b', ''],
  ]) {
    const text = textTemplate(parts, 3);
    for (const head of ['ß', 'longer']) {
      const frame = frameTemplate(head, text);
      const frames = [123, 987].map((number) => written(frame, number));
      expect(await received(frames)).toEqual([`${head}${parts.join('123')}`, `${head}${parts.join('987')}`]);
    }
  }
});
