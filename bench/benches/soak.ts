import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../frame/bench.ts';
import { percentile } from '../frame/percentiles.ts';
import { Measurements, TIDEMARK } from '../frame/result.ts';
import { startServices } from '../frame/services.ts';
import { watchStreams } from '../load/redis-streams.ts';
import { compare, names, startSender } from '../load/sender.ts';
import { startTidemark } from '../load/start-measured.ts';
import { startSwarm } from '../load/swarm.ts';

const SENDERS = 20;
const RECEIVERS = 200;
const WINDOW = 256;
const MB = 1024 * 1024;
/** The environment variable with the seconds that it lasts, for a longer or shorter soak. */
const SECONDS = 'TIDEMARK_BENCH_SOAK_SECONDS';
const DELIVERED_WITHIN_MS = 20_000;

export const soak: Bench = {
  name: 'soak',
  about: `Ten minutes at half load (${SECONDS} for another time): memory, stream lengths and latency, first and last minute.`,
  configs: ['redis-postgres', 'embedded'],

  async run({ config, quick, log, note }) {
    const seconds = Number(process.env[SECONDS] ?? (quick ? 30 : 600));
    const step = quick ? 3 : 10;
    const steps = Math.max(4, Math.round(seconds / step));
    /** A minute of ten, and as large a share of any other time. */
    const edge = Math.max(1, Math.round(steps / 10));
    const measured = new Measurements();
    await using services = await startServices(config);
    await using server = await startTidemark(services);
    await using streams = services.redis ? watchStreams(services.redis.url) : undefined;
    const receivers = names('receiver', RECEIVERS);
    await using swarm = await startSwarm({ url: server.url, wire: 'tidemark', users: receivers, keepsNumbers: true });
    await swarm.connect();
    await using sender = await startSender({ url: server.url, senders: names('sender', SENDERS), receivers });

    await sender.flatOut({ seconds: quick ? 2 : 10, window: WINDOW });
    const flatOut = await sender.flatOut({ seconds: quick ? 3 : 10, window: WINDOW });
    const rate = flatOut.acknowledged / flatOut.seconds / 2;
    measured.add(TIDEMARK, 'half load', 'messages/s', rate);
    log(`${Math.round(rate)} messages/s are half of what it does flat out`);
    await sender.paced({ seconds: step, rate });
    await swarm.delays();

    const memory: { readonly minutes: number; readonly megabytes: number }[] = [];
    const started = performance.now();
    for (let taken = 0; taken < steps; taken++) {
      const sent = await sender.paced({ seconds: step, rate });
      const delays = await swarm.delays();
      const { rss } = await server.memory();
      memory.push({ minutes: (performance.now() - started) / 60_000, megabytes: rss / MB });
      const part = taken < edge ? 'first tenth' : taken >= steps - edge ? 'last tenth' : undefined;
      if (part) {
        measured.add(TIDEMARK, `send to receipt, p50, ${part}`, 'ms', percentile(sent.delays, 0.5));
        measured.add(TIDEMARK, `send to delivered, p50, ${part}`, 'ms', percentile(delays, 0.5));
      }
      measured.add(TIDEMARK, 'send to delivered, p99, all the time', 'ms', percentile(delays, 0.99));
      measured.add(TIDEMARK, 'acknowledged', 'messages/s', sent.acknowledged / sent.seconds);
      if (streams) measured.add(TIDEMARK, 'longest command stream', 'entries', streams.peak());
      const failed = Object.entries(sent.errors);
      if (failed.length > 0)
        note(`Refused and sent again: ${failed.map(([code, times]) => `${times} × ${code}`).join(', ')}.`);
      if (taken % 6 === 0) log(`${taken + 1} of ${steps}: ${Math.round(rss / MB)} MB`);
    }
    const rest = await sender.drain({ seconds: 20 });
    const sent = await sender.history();
    const found = await untilDelivered(async () => compare(sent, await swarm.numbers()));
    const { lost, duplicated } = found;
    measured.add(TIDEMARK, 'messages in all', '', sent.length, { lost, duplicated });
    measured.add(TIDEMARK, 'never acknowledged', 'messages', rest.unacknowledged);
    for (const sample of memory)
      measured.add(TIDEMARK, 'memory of the server after a collection', 'MB', sample.megabytes);
    measured.add(TIDEMARK, 'its slope over the last two thirds', 'MB/min', slopeOf(memory.slice(Math.ceil(steps / 3))));
    note(`${SENDERS} devices send direct messages to ${RECEIVERS} users who are online, at a steady rate.`);
    note(
      'Memory is resident memory. Sizes of tables and of the store are no part of it, except where the store is SQLite.',
    );
    return measured.rows();
  },
};

/** Looks until nothing is missing, but not for ever. */
async function untilDelivered<Found extends { readonly lost: number }>(look: () => Promise<Found>): Promise<Found> {
  const deadline = performance.now() + DELIVERED_WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found.lost === 0 || performance.now() > deadline) return found;
    await sleep(500);
  }
}

/** Of the straight line that comes nearest to all samples. */
function slopeOf(samples: readonly { readonly minutes: number; readonly megabytes: number }[]): number {
  const mean = (of: (sample: (typeof samples)[number]) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ megabytes }) => megabytes)];
  return mean(({ minutes, megabytes }) => (minutes - x) * (megabytes - y)) / mean(({ minutes }) => (minutes - x) ** 2);
}
