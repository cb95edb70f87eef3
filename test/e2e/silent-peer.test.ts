import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startApp } from '../support/app.ts';

const PING_EVERY = 25_000;

afterEach(() => {
  vi.useRealTimers();
});

test('a peer that answers no ping is dropped at the next, unless it has sent something else', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await using app = await startApp();
  // The context waits for the parameters, which never come: nothing else is sent.
  const open = async () => {
    const socket = new WebSocket(`${app.wsUrl}?connectionParams=1`, { autoPong: false });
    await once(socket, 'open');
    return socket;
  };
  const [silent, talking] = await Promise.all([open(), open()]);
  vi.advanceTimersByTime(PING_EVERY);
  const answer = once(talking, 'message');
  talking.send('PING');
  expect(String((await answer)[0])).toBe('PONG');
  vi.advanceTimersByTime(PING_EVERY);
  await once(silent, 'close');
  expect(talking.readyState).toBe(WebSocket.OPEN);
  vi.advanceTimersByTime(PING_EVERY);
  await once(talking, 'close');
});
