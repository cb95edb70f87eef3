/** Tidemark in a process of its own that tells how much memory it holds, and counts what it asks of the store. */
import { createServer } from 'node:http';
import type { Storage } from '@tidemark/core';
import { createMessaging, type ServerEventName } from '@tidemark/server';
import { initTRPC } from '@trpc/server';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { openStorage } from '../../test/verify/open-storage.ts';
import { answerCalls, programSettings } from '../frame/answer-calls.ts';
import { memoryHeld } from './memory-held.ts';
import type { MeasuredServerSettings } from './start-measured.ts';

const { port, redis, store } = programSettings<MeasuredServerSettings>();
const opened = openStorage(store);
const storageCalls: Record<string, number> = {};
const eventCounts: Record<string, number> = {};

/** The same port, with each call counted under its name. */
function counted<Port extends object>(role: string, port: Port): Port {
  return new Proxy(port, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const name = `${role}.${String(key)}`;
        storageCalls[name] = (storageCalls[name] ?? 0) + 1;
        return value.apply(target, args);
      };
    },
  });
}

const storage: Storage = {
  ...opened.storage,
  commit: counted('storage', opened.storage).commit,
  history: counted('history', opened.storage.history),
  inbox: counted('inbox', opened.storage.inbox),
};
const t = initTRPC.context<{ user: string }>().create();
const messaging = createMessaging({
  content: { text: z.object({ text: z.string().min(1).max(8_000) }) },
  storage,
  ...(redis !== null && { redis: new Redis(redis) }),
  // A bench's few users stand for many.
  limits: {
    callsPerSecond: 1_000_000,
    readBytesPerSecond: 1e9,
    callBurst: 1_000_000,
    conversationsPerHour: 1_000_000,
    invitationsPerHour: 1_000_000,
  },
});
const counts: readonly ServerEventName[] = [
  'slow-consumer',
  'gap-found',
  'retried',
  'conflicted',
  'released',
  'dead-lettered',
];
for (const name of counts) messaging.on(name, () => (eventCounts[name] = (eventCounts[name] ?? 0) + 1));

// Messages and commands, in place of batches.
messaging.on('committed', ({ messages }) => {
  eventCounts['messages committed'] = (eventCounts['messages committed'] ?? 0) + messages;
});
messaging.on('repeated', ({ commands }) => {
  eventCounts['commands repeated'] = (eventCounts['commands repeated'] ?? 0) + commands;
});

const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
const server = createServer();
const attachment = messaging.attach(server, {
  router,
  createContext: ({ info }) => ({ user: String(info.connectionParams?.['token']) }),
});
await messaging.ready();
// As many as may come at once in a storm.
await new Promise<void>((resolve) => server.listen({ port, host: '127.0.0.1', backlog: 4_096 }, resolve));

answerCalls(
  {
    memory: memoryHeld,
    connections: () => attachment.connections,
    'storage-calls': () => ({ ...storageCalls }),
    'event-counts': () => ({ ...eventCounts }),
  },
  async () => {
    await messaging.close();
    await opened.end();
  },
);
