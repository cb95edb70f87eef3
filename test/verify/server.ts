/**
 * A server under test: the smallest application, on the services that its settings name, in a process of its own. Every
 * commit and frame of it goes into the history of the run.
 */
import { createServer } from 'node:http';
import { systemClock } from '@tidemark/core';
import { createMessaging, memoryBackplane, redisBackplane } from '@tidemark/server';
import { answerCalls, passFailpoint, recordServer, tellReady } from '@tidemark/testkit/verify';
import { initTRPC, TRPCError } from '@trpc/server';
import { Cluster, Redis } from 'ioredis';
import { z } from 'zod';
import { fillDisk, watchDisk } from './disk-full.ts';
import { failingBackplane, failingStorage } from './failpoints.ts';
import { openStorage } from './open-storage.ts';
import { refuseStore, refusingStorage } from './refusing-storage.ts';
import { seams } from './seams.ts';
import { SERVER_SETTINGS, type ServerSettings } from './server-settings.ts';

const settings = JSON.parse(process.env[SERVER_SETTINGS] ?? '{}') as ServerSettings;
const { name, folder, port, redis, store } = settings;
const recorder = recordServer(name, folder);
let clockOffset = 0;
// Before a store is opened.
watchDisk();

function openBackplane() {
  const options = { partitions: 8, backlog: 10_000, deadLetters: 1_000 };
  if (redis === null) return memoryBackplane(options);
  const client =
    typeof redis === 'string'
      ? new Redis(redis, { retryStrategy: (times) => Math.min(times * 50, 500) })
      : new Cluster(
          redis.nodes.map(([, through]) => through),
          {
            natMap: Object.fromEntries(redis.nodes),
            clusterRetryStrategy: (times) => Math.min(times * 50, 500),
          },
        );
  client.on('error', () => {});
  return redisBackplane({ redis: client, ...options });
}

const t = initTRPC.context<{ user: string }>().create();
const messaging = createMessaging({
  content: { text: z.object({ text: z.string().min(1).max(8_000) }) },
  storage: seams.storage(
    failingStorage(recorder.storage(refusingStorage(seams.database(openStorage(store).storage))), passFailpoint),
  ),
  backplane: seams.backplane(failingBackplane(recorder.backplane(openBackplane()), passFailpoint)),
  clock: { ...systemClock, now: () => Date.now() + clockOffset },
  // Faults are to be over in a run's time, and its load is not to be refused.
  tuning: {
    leaseTtlMs: 1_500,
    receiptTimeoutMs: 4_000,
    voidAfterMs: 1_000,
    headsEveryMs: 1_000,
    presenceTtlMs: 5_000,
    drainTimeoutMs: 2_000,
  },
  limits: {
    callsPerSecond: 100_000,
    readBytesPerSecond: 1e9,
    callBurst: 100_000,
    conversationsPerHour: 100_000,
    invitationsPerHour: 100_000,
  },
});
const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
const server = createServer();
const attachment = messaging.attach(server, {
  router,
  createContext: ({ info }) => {
    const [, user] = /^token-(.+)$/.exec(String(info.connectionParams?.['token'])) ?? [];
    if (user === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' });
    return { user };
  },
});
recorder.listen(messaging, () => attachment.connections);

answerCalls({
  clock: (offset: number) => {
    clockOffset = offset;
  },
  'disk-full': fillDisk,
  'refuse-store': refuseStore,
});
process.once('SIGTERM', async () => {
  await messaging.close();
  process.exit();
});
server.listen(port, '127.0.0.1', tellReady);
