/**
 * The server under attack, in a process of its own, so that what an attack costs can be told from what it costs to attack.
 * Started by start-attacked.ts with its Target as JSON, a folder and the path of usage-thread.mjs. Sends `{ port, usagePort, calibrationMs, scene }` to
 * its parent when it serves, and ends with it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { attackedApp, contextOfRequest, contextOfSocket } from './attacked-app.ts';
import { makeScene } from './scene.ts';
import type { Started } from './start-attacked.ts';
import type { Target } from './target.ts';

const [targetText = '{}', folder = '', usageThread = ''] = process.argv.slice(2);
const target = JSON.parse(targetText) as Target;
process.on('disconnect', () => process.exit());

const usage = new Worker(usageThread, { execArgv: [] });
const usagePort = await new Promise<number>((resolve) => usage.once('message', resolve));

const path = join(folder, 'attacked.db');
const scene = await makeScene(sqliteStorage({ path }), target);
const { messaging, router } = attackedApp(sqliteStorage({ path }), target);
const server = createServer(
  createHTTPHandler({
    router,
    basePath: '/trpc/',
    maxBodySize: 1024 * 1024,
    maxBatchSize: 32,
    createContext: contextOfRequest,
  }),
);
messaging.attach(server, { router, createContext: contextOfSocket, ...target.attach });
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
await messaging.ready();
process.on('message', () => {
  globalThis.gc?.();
  process.send?.('collected');
});
const { port } = server.address() as AddressInfo;
process.send?.({ port, usagePort, calibrationMs: calibrate(), scene } satisfies Started);

/** CPU milliseconds of some work that is the same everywhere, like that of a server: a slower machine may use more. */
function calibrate(): number {
  const value = Array.from({ length: 2_000 }, (_, index) => ({ index, text: 'x'.repeat(index % 100) }));
  const before = process.cpuUsage();
  for (let round = 0; round < 50; round += 1) JSON.parse(JSON.stringify(value));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
