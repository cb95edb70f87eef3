/** Tidemark as its README has it, on the services of the run, in a process of its own. */
import { createServer } from 'node:http';
import { createMessaging } from '@tidemark/server';
import { initTRPC } from '@trpc/server';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { openStorage } from '../../../test/verify/open-storage.ts';
import { answerCalls, programSettings } from '../../frame/answer-calls.ts';
import type { ServerProgramSettings } from '../system.ts';

const { port, redis, store } = programSettings<ServerProgramSettings>();
const { storage, end } = openStorage(store);

const t = initTRPC.context<{ user: string }>().create();
const messaging = createMessaging({
  content: { text: z.object({ text: z.string().min(1).max(8_000) }) },
  storage,
  ...(redis !== null && { redis: new Redis(redis) }),
  // One user is many in a bench, and a group of 1,000 has inboxes as every other has.
  limits: {
    callsPerSecond: 1_000_000,
    readBytesPerSecond: 1e9,
    callBurst: 1_000_000,
    conversationsPerHour: 1_000_000,
    invitationsPerHour: 1_000_000,
    inboxMembers: 2_000,
  },
});
const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
const server = createServer();
messaging.attach(server, {
  router,
  createContext: ({ info }) => ({ user: String(info.connectionParams?.['token']) }),
});
await messaging.ready();
await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

answerCalls({}, async () => {
  await messaging.close();
  await end();
});
