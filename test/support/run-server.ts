/**
 * A server process of a deployment under test: the application of app.ts on the services that its arguments name. Started
 * and spoken to by server-process.ts.
 *
 * Prints JSON lines: `{"port":…}` when it is ready, `{"event":…,"payload":…}` for each server event that `--events` names,
 * `{"held":…}` when asked for `memory` on its input, `{"health":…}` when
 * asked for `health`, `{"broadcast":…}` when it has sent what `broadcast <json>` asked for. `clock <ms>` moves its wall clock by so much from the true one. Closes gracefully on SIGTERM, and ends with its parent: its input ends
 * then. Faults are injected here, around the ports, so that the product has no switch for them.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Storage } from '@tidemark/core';
import { type Backplane, redisBackplane, type ServerEventName } from '@tidemark/server';
import { postgresStorage } from '@tidemark/storage-postgres';
import trpc from '@trpc/server/package.json' with { type: 'json' };
import { Redis } from 'ioredis';
import pg from 'pg';
import { startApp } from './app.ts';
import type { BroadcastRun } from './server-process.ts';

const { values } = parseArgs({
  options: {
    redis: { type: 'string', default: '' },
    postgres: { type: 'string', default: '' },
    /** Options of createMessaging that are data, as JSON. */
    settings: { type: 'string', default: '{}' },
    /** Names of server events, with commas between. */
    events: { type: 'string', default: '' },
    /** `before-commit` or `after-commit` of a batch with a message whose text begins with KILL. */
    kill: { type: 'string', default: '' },
    /** `odd` (those whose newest event has an odd conversationSeq) or `all` of the frames that other nodes publish here. */
    'drop-frames': { type: 'string', default: '' },
    /** ms by which the wall clock of the process is off from the start. */
    'clock-offset': { type: 'string', default: '0' },
  },
});

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line, (_, value) => (value instanceof Error ? String(value) : value))}\n`);
}

/** Kills this very process at a point of the commit. SIGKILL: nothing is caught, flushed or said. */
function killing(storage: Storage, when: string): Storage {
  return {
    ...storage,
    commit: async (batch) => {
      const marked = batch.events.some(
        (event) => event.type === 'message.sent' && String(event.message.content['text']).startsWith('KILL'),
      );
      const die = (): Promise<never> => {
        process.kill(process.pid, 'SIGKILL');
        return new Promise(() => {});
      };
      if (marked && when === 'before-commit') return die();
      const outcome = await storage.commit(batch);
      if (marked && when === 'after-commit' && outcome.conflict === undefined) return die();
      return outcome;
    },
  };
}

/**
 * Loses frames on their way to this node, as pub/sub does. Which ones depends on their newest event and not on a count:
 * a frame may come twice (a redelivered entry is announced again), and must then be lost twice.
 */
function losing(backplane: Backplane, which: string): Backplane {
  const isLost = (text: string): boolean => {
    const { deliveries } = JSON.parse(text) as { deliveries: { event: { conversationSeq: number } }[] };
    const newest = Math.max(0, ...deliveries.map(({ event }) => event.conversationSeq));
    return which === 'all' || newest % 2 === 1;
  };
  return {
    ...backplane,
    notifier: {
      publish: (nodeId, frame) => backplane.notifier.publish(nodeId, frame),
      listen: (nodeId, onFrame) =>
        backplane.notifier.listen(nodeId, (frame) => (isLost(frame) ? undefined : onFrame(frame))),
    },
  };
}

/** Of the whole process, whoever asks. Its monotonic clock goes on as before. */
let clockOffset = Number(values['clock-offset']);
const trueTime = Date.now;
Date.now = () => trueTime() + clockOffset;

// First of all, since starting may last: for as long as a service is not there.
const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit());
input.on('line', (line) => {
  const [what, ...words] = line.split(' ');
  const argument = words.join(' ');
  if (what === 'broadcast') void broadcast(JSON.parse(argument));
  if (what === 'clock') clockOffset = Number(argument);
  if (what === 'health') print({ health: app.messaging.health() });
  if (what !== 'memory') return;
  // What is still in use, without what only waits to be collected.
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  print({ held: heapUsed + external });
});

/** Kills this very process once so many users have the message. */
async function broadcast({ users, message, killAfter }: BroadcastRun): Promise<void> {
  const report = await app.messaging.broadcast(users, message, {
    messagesPerSecond: 1_000_000,
    onProgress: (done) => done === killAfter && process.kill(process.pid, 'SIGKILL'),
  });
  print({ broadcast: report });
}

const redis = new Redis(values.redis);
redis.on('error', () => {});
const pool = new pg.Pool({ connectionString: values.postgres, max: 8 });
pool.on('error', () => {});
const storage = postgresStorage({ pool });
const settings = JSON.parse(values.settings) as object;
const SIZES = { partitions: 8, backlog: 10_000, deadLetters: 1_000 };

const app = await startApp({
  ...settings,
  storage: values.kill === '' ? storage : killing(storage, values.kill),
  ...(values['drop-frames'] === ''
    ? { redis }
    : { backplane: losing(redisBackplane({ redis, ...SIZES }), values['drop-frames']) }),
});
for (const event of values.events.split(',').filter(Boolean)) {
  app.messaging.on(event as ServerEventName, (payload) => print({ event, payload }));
}

process.once('SIGTERM', async () => {
  await app[Symbol.asyncDispose]();
  await pool.end();
  redis.disconnect();
  process.exit();
});
// Of the tRPC that this process really runs on.
print({ port: app.port, trpcVersion: trpc.version });
