/**
 * Answers what the whole process has used, from a thread of its own: the main thread may be busy for as long as the attack
 * lasts, which is what is to be found out. Any request: `{"cpuMs":…,"rssMb":…,"peakMb":…}`, the peak since the last one.
 */
import { createServer } from 'node:http';
import { parentPort } from 'node:worker_threads';

const rssMb = () => process.memoryUsage.rss() / 2 ** 20;
let peakMb = rssMb();
setInterval(() => {
  peakMb = Math.max(peakMb, rssMb());
}, 20).unref();

const server = createServer((_request, response) => {
  const { user, system } = process.cpuUsage();
  const now = rssMb();
  response.end(JSON.stringify({ cpuMs: (user + system) / 1000, rssMb: now, peakMb: Math.max(peakMb, now) }));
  peakMb = now;
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
