import type { WebSocket } from 'ws';
import type { Connection, Driver } from '../driver.ts';
import { entryOf } from '../message.ts';
import { closeSocket, openBinarySocket } from '../raw-socket.ts';
import { textIn } from '../trpc-driver.ts';
import { connectPacket, PacketReader, pubackPacket, publishPacket, subscribePacket, TYPE } from './mqtt-packets.ts';

/** Of users who follow something: MQTT lets nobody but the receiver subscribe. */
const followers = new Map<string, (topic: string) => Promise<void>>();
const LAST_PACKET_ID = 65_535;

/** MQTT 3.1.1 with quality of service 1 and persistent sessions, written and parsed by hand. */
export const aedesDriver: Driver = {
  direct: (_, to) => `user/${to}`,
  group: async (_, name, members) => {
    for (const member of members) await followers.get(member)?.(`group/${name}`);
    return `group/${name}`;
  },
  connect: async (url, user, onText) => {
    const answers = new Map<number, () => void>();
    let packets = 0;
    let sent = 0;
    let connected = (): void => {};
    const isConnected = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const reader = new PacketReader(({ type, id, payload }) => {
      if (type === TYPE.connack) connected();
      else if (type === TYPE.puback || type === TYPE.suback) {
        const onAnswer = answers.get(id);
        answers.delete(id);
        onAnswer?.();
      } else if (type === TYPE.publish) {
        socket.send(pubackPacket(id));
        const text = textIn(JSON.parse(payload.toString()));
        if (text !== undefined) onText?.(text);
      }
    });
    const socket: WebSocket = await openBinarySocket(url, (chunk) => reader.read(chunk), 'mqtt');
    const packetId = (onAnswer: () => void): number => {
      packets = packets === LAST_PACKET_ID ? 1 : packets + 1;
      if (answers.has(packets)) throw new Error('more than 65,535 packets are under way');
      answers.set(packets, onAnswer);
      return packets;
    };
    const subscribe = (topic: string): Promise<void> =>
      new Promise((resolve) => socket.send(subscribePacket(packetId(resolve), topic)));
    socket.send(connectPacket(user, onText === null));
    await isConnected;
    if (onText) {
      await subscribe(`user/${user}`);
      followers.set(user, subscribe);
    }
    const connection: Connection = {
      send: (to, text, onReceipt) => {
        sent += 1;
        // Nothing on the way numbers or dates a message: the sender makes what the receiver gets.
        const payload = JSON.stringify(entryOf(sent, user, to, `${user}-0a1b2c3d-${sent}`, text));
        socket.send(publishPacket(packetId(onReceipt), to, payload));
      },
      close: () => closeSocket(socket),
    };
    return connection;
  },
};
