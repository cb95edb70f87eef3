import mqtt from 'mqtt';
import { PATIENCE_MS } from '../../support/patience.ts';
import { type Control, type ControlMessage, RECONNECT_MS, SEND_TIMEOUT_MS } from './control.ts';

/** Topics have levels; a conversation's id is one of them. */
const topicOf = (conversationId: string): string => `chat/${encodeURIComponent(conversationId)}`;

export const mqttOnAedes: Control = {
  name: 'MQTT on aedes',
  about: 'QoS 1, sessions that outlive connections (clean=false), everything of the broker in Redis',
  program: new URL('./mqtt-server.ts', import.meta.url),
  connect: ({ port, userId, deviceId, conversationIds, onMessage }) => {
    let subscribed = false;
    const client = mqtt.connect(`ws://127.0.0.1:${port}`, {
      clientId: `${userId}-${deviceId}`,
      clean: false,
      reconnectPeriod: RECONNECT_MS,
      // A broker that is killed resets its connections: no timer is to take a slow machine for a dead one.
      connectTimeout: PATIENCE_MS,
      keepalive: 60,
      // By the listener below: whether the session was there, or not.
      resubscribe: false,
    });
    /** Subscriptions that the session does not have, as far as is known. */
    const missing = new Set<string>();
    client.on('connect', async ({ sessionPresent }) => {
      if (!sessionPresent) for (const id of conversationIds) missing.add(id);
      try {
        // One at a time: aedes never answers a SUBSCRIBE of several topics in a session that it keeps.
        for (const id of missing) {
          await client.subscribeAsync(topicOf(id), { qos: 1 });
          missing.delete(id);
        }
      } catch {
        // The connection was lost meanwhile: the next one goes on.
        return;
      }
      subscribed = client.connected;
    });
    client.on('close', () => {
      subscribed = false;
    });
    client.on('error', () => {});
    client.on('message', (_, payload) => onMessage(JSON.parse(payload.toString()) as ControlMessage));
    return {
      get connected() {
        return client.connected && subscribed;
      },
      send: async (message) => {
        let deadline: NodeJS.Timeout | undefined;
        const late = new Promise<never>((_, reject) => {
          deadline = setTimeout(() => reject(new Error('not acknowledged in time')), SEND_TIMEOUT_MS);
        });
        const sent = client.publishAsync(topicOf(message.conversationId), JSON.stringify(message), { qos: 1 });
        // Told by the race, or told too late.
        sent.catch(() => {});
        await Promise.race([sent, late]).finally(() => clearTimeout(deadline));
      },
      close: () => client.endAsync(true),
    };
  },
};
