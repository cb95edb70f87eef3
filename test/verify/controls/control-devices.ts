import { setTimeout as sleep } from 'node:timers/promises';
import { directConversationId, type MessageSent } from '@tidemark/core';
import type { HistoryRecord } from '@tidemark/testkit/verify';
import type { Control, ControlDevice, ControlMessage } from './control.ts';

type Body<T> = T extends unknown ? Omit<T, 'at' | 'by'> : never;
/** Tells the history what `by` saw, now. */
export type Tell = (by: string, record: Body<HistoryRecord>) => void;

export interface ControlDevices extends AsyncDisposable {
  /** Users and their devices, for the `run` record. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  /** Messages that were acknowledged so far, and what arrived, over all devices. */
  readonly acknowledged: number;
  readonly arrived: number;
  /** Whether all devices at this server, or everywhere, are connected. */
  connected(server?: number): boolean;
  startTraffic(): void;
  /** Sends nothing new, and resolves when no send is open. */
  stopTraffic(): Promise<void>;
}

const USERS = ['alice', 'bob', 'carol', 'dave'];
const DEVICES = ['1', '2'];
/** ms between an acknowledgement and the next send of the same conversation. */
const PAUSE_MS = 25;

interface Place {
  readonly userId: string;
  readonly deviceId: string;
  /** Devices of each user are at different servers, and so are those that send. */
  readonly server: number;
}

/**
 * Four users with two devices each. Any two users have a conversation; the one who comes first in the alphabet sends, from
 * the first device: with one sender, who waits for each acknowledgement, a conversation has an order that a system
 * without numbers can be held to as well.
 */
export function controlDevices(control: Control, ports: readonly number[], tell: Tell): ControlDevices {
  const places = USERS.flatMap((userId, user) =>
    DEVICES.map((deviceId, device): Place => ({ userId, deviceId, server: (user + device) % ports.length })),
  );
  const conversations = USERS.flatMap((senderId, index) =>
    USERS.slice(index + 1).map((other) => ({ id: directConversationId(senderId, other) as string, senderId, other })),
  );
  let acknowledged = 0;
  let arrived = 0;
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();

  const devices = new Map<string, { readonly place: Place; readonly device: ControlDevice }>();
  for (const place of places) {
    const { userId, deviceId, server } = place;
    const by = `device ${userId}/${deviceId}`;
    let seq = 0;
    const device = control.connect({
      port: ports[server] as number,
      userId,
      deviceId,
      conversationIds: conversations.flatMap(({ id, senderId, other }) =>
        senderId === userId || other === userId ? [id] : [],
      ),
      onMessage: (message) => {
        seq += 1;
        arrived += 1;
        const entries = [{ seq, event: eventOf(message) }] as never;
        tell(by, { type: 'apply', userId: userId as never, deviceId, entries, cursor: `none:${seq}` as never });
      },
    });
    devices.set(`${userId}/${deviceId}`, { place, device });
  }

  async function converse({ id: conversationId, senderId }: { id: string; senderId: string }): Promise<void> {
    const deviceId = '1';
    const by = `device ${senderId}/${deviceId}`;
    const { device } = devices.get(`${senderId}/${deviceId}`) as { device: ControlDevice };
    for (let n = 1; !stopped; n++) {
      const operationId = `${conversationId} ${n}`.replace(/\W/g, '-');
      const message: ControlMessage = { id: operationId, conversationId, senderId, n, text: `message ${n}` };
      const head = { userId: senderId as never, deviceId, operationId };
      const operation = {
        kind: 'send',
        conversationId: conversationId as never,
        type: 'text',
        text: message.text,
      } as const;
      tell(by, { type: 'invoke', ...head, operation });
      try {
        await device.send(message);
        acknowledged += 1;
        tell(by, { type: 'ok', ...head, receipt: receiptOf(message) as never });
      } catch (error) {
        tell(by, { type: 'unknown', ...head, detail: String(error) });
      }
      await sleep(PAUSE_MS);
    }
  }

  return {
    ids: Object.fromEntries(USERS.map((user) => [user, DEVICES])),
    get acknowledged() {
      return acknowledged;
    },
    get arrived() {
      return arrived;
    },
    connected: (server) =>
      [...devices.values()].every(
        ({ place, device }) => (server !== undefined && place.server !== server) || device.connected,
      ),
    startTraffic: () => {
      running = Promise.all(conversations.map(converse));
    },
    stopTraffic: async () => {
      stopped = true;
      await running;
    },
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      await Promise.all([...devices.values()].map(({ device }) => device.close().catch(() => {})));
    },
  };
}

/** What an arrival is to the checker. Its place is what its sender gave it: the systems give none. */
function eventOf(message: ControlMessage): MessageSent {
  return {
    type: 'message.sent',
    ...placeOf(message),
    actorId: message.senderId as MessageSent['actorId'],
    commandId: message.id as MessageSent['commandId'],
    message: { type: 'text', content: { text: message.text } },
  };
}

function receiptOf(message: ControlMessage) {
  return { ...placeOf(message), senderId: message.senderId, clientMessageId: message.id };
}

function placeOf({ id, conversationId, n }: ControlMessage) {
  return {
    messageId: id as MessageSent['messageId'],
    conversationId: conversationId as MessageSent['conversationId'],
    conversationSeq: n as MessageSent['conversationSeq'],
    at: 0,
  };
}
