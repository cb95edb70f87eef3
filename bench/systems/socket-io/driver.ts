import { randomBytes } from 'node:crypto';
import type { Connection, Driver } from '../driver.ts';
import { closeSocket, openSocket } from '../raw-socket.ts';
import { textIn } from '../trpc-driver.ts';

/** Packets of Engine.IO 4 and, behind its `4`, of Socket.IO 5: https://socket.io/docs/v4/socket-io-protocol */
const PING = '2';
const PONG = '3';
const OPEN = '0';
const CONNECT = '40';
const EVENT = '42';
const ACK = '43';

const calls = new WeakMap<Connection, (...event: unknown[]) => Promise<void>>();

export const socketIoDriver: Driver = {
  direct: (_, to) => to,
  group: async (connection, name, members) => {
    await calls.get(connection)?.('group', name, members);
    return name;
  },
  connect: async (url, user, onText) => {
    const waiting = new Map<number, () => void>();
    const prefix = `${user}-${randomBytes(4).toString('hex')}-`;
    let events = 0;
    let joined = (): void => {};
    const isJoined = new Promise<void>((resolve) => {
      joined = resolve;
    });
    const socket = await openSocket(`${url}?EIO=4&transport=websocket`, (packet, opening) => {
      if (packet.startsWith(EVENT)) {
        const [name, entry] = JSON.parse(packet.slice(EVENT.length)) as [string, unknown];
        if (name === 'joined') joined();
        const text = name === 'message' ? textIn(entry) : undefined;
        if (text !== undefined) onText?.(text);
      } else if (packet.startsWith(ACK)) {
        const id = Number.parseInt(packet.slice(ACK.length), 10);
        JSON.parse(packet.slice(packet.indexOf('[')));
        const onAnswer = waiting.get(id);
        waiting.delete(id);
        onAnswer?.();
      } else if (packet === PING) opening.send(PONG);
      else if (packet.startsWith(OPEN)) opening.send(`${CONNECT}${JSON.stringify({ user })}`);
      else if (!packet.startsWith(CONNECT)) throw new Error(`Socket.IO sent ${packet}`);
    });
    await isJoined;
    const emit = (event: readonly unknown[], onAnswer: () => void): void => {
      events += 1;
      waiting.set(events, onAnswer);
      socket.send(`${EVENT}${events}${JSON.stringify(event)}`);
    };
    const connection: Connection = {
      send: (to, text, onReceipt) =>
        emit(['send', { to, clientMessageId: `${prefix}${events}`, type: 'text', text }], onReceipt),
      close: () => closeSocket(socket),
    };
    calls.set(connection, (...event) => new Promise((resolve) => emit(event, resolve)));
    return connection;
  },
};
