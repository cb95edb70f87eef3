import type { WebSocket } from 'ws';
import type { Connection, Driver } from '../driver.ts';
import { closeSocket, openSocket } from '../raw-socket.ts';
import { textIn } from '../trpc-driver.ts';

interface Frame {
  readonly id: number;
  readonly result?: { readonly data: { readonly data?: { readonly entries: readonly unknown[] } } };
}

const calls = new WeakMap<Connection, (frame: object) => Promise<void>>();

export const bareWsDriver: Driver = {
  direct: (_, to) => to,
  group: async (connection, name, members) => {
    await calls.get(connection)?.({ group: { name, members } });
    return name;
  },
  connect: async (url, user, onText) => {
    const waiting = new Map<number, () => void>();
    let requests = 1;
    const socket: WebSocket = await openSocket(url, (text) => {
      const { id, result } = JSON.parse(text) as Frame;
      if (id === 1) {
        for (const entry of result?.data.data?.entries ?? []) {
          const message = textIn(entry);
          if (message !== undefined) onText?.(message);
        }
        return;
      }
      const onAnswer = waiting.get(id);
      waiting.delete(id);
      onAnswer?.();
    });
    const call = (frame: object, onAnswer: () => void): void => {
      requests += 1;
      waiting.set(requests, onAnswer);
      socket.send(JSON.stringify({ id: requests, ...frame }));
    };
    await new Promise<void>((resolve) => call({ user }, resolve));
    const connection: Connection = {
      send: (to, text, onReceipt) =>
        call(
          { method: 'mutation', to, clientMessageId: `${user}-0a1b2c3d-${requests}`, type: 'text', text },
          onReceipt,
        ),
      close: () => closeSocket(socket),
    };
    calls.set(connection, (frame) => new Promise((resolve) => call(frame, resolve)));
    return connection;
  },
};
