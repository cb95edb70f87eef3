import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../frame/bench.ts';
import { Measurements, TIDEMARK } from '../frame/result.ts';
import { type BenchServices, startServices } from '../frame/services.ts';
import { startBare, startTidemark } from '../load/start-measured.ts';
import { startSwarm } from '../load/swarm.ts';

const BARE = 'bare ws';
/** Files of a server that are no client's socket. */
const OTHER_FILES = 300;
/** A comparison of heads, and a renewal of presence, are within it. */
const SETTLE_MS = 4_000;

export const idle: Bench = {
  name: 'idle',
  about: 'Memory of the server per idle connection with a live feed, beside a bare ws server.',
  configs: ['redis-postgres', 'embedded'],

  async run({ config, quick, log, note }) {
    const measured = new Measurements();
    const repetitions = quick ? 1 : 3;
    await using services = await startServices(config);
    for (const wanted of quick ? [1_000, 5_000] : [5_000, 20_000]) {
      const count = Math.min(wanted, openFilesAllowed() - OTHER_FILES);
      if (count < wanted) {
        note(`A process may have ${openFilesAllowed()} files open here: ${count} connections stand for ${wanted}.`);
      }
      const label = `${count.toLocaleString('en-US')} connections`;
      for (let repetition = 0; repetition < repetitions; repetition++) {
        const bare = await measure(services, BARE, count);
        const ours = await measure(services, TIDEMARK, count);
        for (const [system, { rss, used }] of [[BARE, bare] as const, [TIDEMARK, ours] as const]) {
          measured.add(system, `memory per connection, ${label}`, 'KB', rss);
          measured.add(system, `objects in use per connection, ${label}`, 'KB', used);
        }
        measured.add(TIDEMARK, `memory per connection above bare ws, ${label}`, 'KB', ours.rss - bare.rss);
        log(`${label}: ${ours.rss.toFixed(1)} KB each, bare ws ${bare.rss.toFixed(1)} KB`);
      }
    }
    note(
      'Memory: resident memory of the server process after a collection, less what it was before the first connection.',
    );
    note('Each connection is another user with a live feed; clients are in other processes. 1 KB is 1,024 bytes.');
    return measured.rows();
  },
};

/** KB per connection. */
async function measure(
  services: BenchServices,
  system: typeof BARE | typeof TIDEMARK,
  count: number,
): Promise<{ rss: number; used: number }> {
  await using server = await (system === BARE ? startBare(services) : startTidemark(services));
  const users = Array.from({ length: count }, (_, index) => `idle-${index}`);
  const wire = system === BARE ? 'bare' : 'tidemark';
  await sleep(1_000);
  const before = await server.memory();
  await using swarm = await startSwarm({ url: server.url, wire, users });
  await swarm.connect();
  await sleep(SETTLE_MS);
  const connections = await server.connections();
  if (connections !== count) throw new Error(`${connections} of ${count} connections are open`);
  const after = await server.memory();
  return { rss: (after.rss - before.rss) / count / 1024, used: (after.used - before.used) / count / 1024 };
}

/** Of one process; children inherit it. */
function openFilesAllowed(): number {
  const limit = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit);
}
