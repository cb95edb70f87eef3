import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS } from '@tidemark/core';
import type { Bench } from '../frame/bench.ts';
import { percentile } from '../frame/percentiles.ts';
import { Measurements, TIDEMARK } from '../frame/result.ts';
import { startServices } from '../frame/services.ts';
import { watchStreams } from '../load/redis-streams.ts';
import { CONNECTION_LOST, compare, names, type Sent, startSender } from '../load/sender.ts';
import { startTidemark, watchPeak } from '../load/start-measured.ts';
import { startSwarm } from '../load/swarm.ts';

const USERS = 8;
/** So large that the capacity is found, and not the latency. */
const WINDOW = 1_024;
/** Characters; so that what the slow consumer leaves unread is more than the system's buffers hold. */
const PADDING = 1_000;
const TIMES_CAPACITY = 2;
const MB = 1024 * 1024;
/** After the overload, in seconds: what is still not acknowledged or delivered by then is counted as such. */
const RECOVERY_SECONDS = 180;

export const overload: Bench = {
  name: 'overload',
  about: 'Twice the capacity for 60 s, with a slow consumer among the receivers: memory, errors and recovery.',
  configs: ['redis-postgres', 'embedded'],

  async run({ config, quick, log, note }) {
    const seconds = quick ? 10 : 60;
    const measured = new Measurements();
    await using services = await startServices(config);
    await using server = await startTidemark(services);
    await using streams = services.redis ? watchStreams(services.redis.url) : undefined;
    const receivers = names('receiver', USERS);
    const follow = (users: readonly string[]) =>
      startSwarm({ url: server.url, wire: 'tidemark', users, keepsNumbers: true });
    await using fast = await follow(receivers.slice(1));
    await using slow = await follow(receivers.slice(0, 1));
    await Promise.all([fast.connect(), slow.connect()]);
    await using sender = await startSender({
      url: server.url,
      senders: names('sender', USERS),
      receivers,
      padding: PADDING,
    });

    await sender.flatOut({ seconds: quick ? 2 : 10, window: WINDOW });
    const flatOut = await sender.flatOut({ seconds: quick ? 3 : 10, window: WINDOW });
    const capacity = flatOut.acknowledged / flatOut.seconds;
    log(`flat out it does ${Math.round(capacity)} messages/s`);
    measured.add(TIDEMARK, 'capacity', 'messages/s', capacity);
    const calm = await sender.paced({ seconds: 3, rate: capacity / 4 });
    measured.add(TIDEMARK, 'send to receipt at a quarter load, p50, before', 'ms', percentile(calm.delays, 0.5));
    const before = await server.memory();
    streams?.peak();

    await slow.pause();
    const peak = watchPeak(server.pid);
    const during = await sender.paced({ seconds, rate: capacity * TIMES_CAPACITY });
    measured.add(TIDEMARK, 'offered', 'messages/s', during.offered / during.seconds);
    measured.add(TIDEMARK, 'acknowledged meanwhile', 'messages/s', during.acknowledged / during.seconds);
    log(`offered ${during.offered}, acknowledged ${during.acknowledged}, refused ${JSON.stringify(during.errors)}`);
    await slow.resume();
    const rest = await sender.drain({ seconds: RECOVERY_SECONDS });
    const outcome =
      rest.unacknowledged === 0 ? 'everything was acknowledged' : `${rest.unacknowledged} are not acknowledged`;
    log(`${outcome} ${rest.seconds.toFixed(1)} s later, refused ${JSON.stringify(rest.errors)}`);
    log(`the server told of ${JSON.stringify(await server.eventCounts())}`);
    const sent = await sender.history();
    const found = await untilDelivered(async () =>
      compare(sent, [...(await fast.numbers()), ...(await slow.numbers())]),
    );
    measured.add(TIDEMARK, 'peak memory of the server', 'MB', peak.stop() / MB);

    const refused = countErrors(during, rest);
    for (const [name, times] of Object.entries(refused.byName)) note(`Answers: ${times} × ${name}.`);
    measured.add(TIDEMARK, 'refused and sent again', 'times', refused.retryable);
    measured.add(TIDEMARK, 'refused for good', 'times', refused.final);
    measured.add(TIDEMARK, 'connections of senders lost', '', refused.connections);
    measured.add(TIDEMARK, 'until all is acknowledged', 's', rest.seconds);
    measured.add(TIDEMARK, 'never acknowledged', 'messages', rest.unacknowledged);
    measured.add(TIDEMARK, 'acknowledged in all', 'messages', sent.length, found);
    if (streams) {
      measured.add(TIDEMARK, 'longest command stream', 'entries', streams.peak());
      measured.add(TIDEMARK, 'dead letters', 'entries', await streams.deadLetters());
    }
    const events = await server.eventCounts();
    measured.add(TIDEMARK, 'times the slow consumer was found to be slow', '', events['slow-consumer'] ?? 0);

    await sleep(1_000);
    const after = await server.memory();
    measured.add(TIDEMARK, 'memory after a collection, before', 'MB', before.rss / MB);
    measured.add(TIDEMARK, 'memory after a collection, afterwards', 'MB', after.rss / MB);
    measured.add(TIDEMARK, 'objects in use, before', 'MB', before.used / MB);
    measured.add(TIDEMARK, 'objects in use, afterwards', 'MB', after.used / MB);
    const calmAgain = await sender.paced({ seconds: 3, rate: capacity / 4 });
    const answered = (100 * calmAgain.acknowledged) / calmAgain.offered;
    measured.add(TIDEMARK, 'acknowledged of a quarter load, afterwards', '%', answered);
    if (calmAgain.acknowledged > 0) {
      const p50 = percentile(calmAgain.delays, 0.5);
      measured.add(TIDEMARK, 'send to receipt at a quarter load, p50, afterwards', 'ms', p50);
    }
    note(
      `${TIMES_CAPACITY} × capacity for ${seconds} s; one receiver of ${USERS} does not read from its socket meanwhile.`,
    );
    note(
      'A slow consumer is found to be slow when its socket holds 1 MB beyond the buffers of the system; a short run may not get there.',
    );
    note('A message that was refused for now is sent again under its id with the back-off of the client.');
    return measured.rows();
  },
};

function countErrors(...parts: readonly Sent[]): {
  readonly byName: Readonly<Record<string, number>>;
  readonly retryable: number;
  readonly final: number;
  readonly connections: number;
} {
  const byName: Record<string, number> = {};
  const counts = { retryable: 0, final: 0, connections: 0 };
  for (const [name, times] of parts.flatMap(({ errors }) => Object.entries(errors))) {
    byName[name] = (byName[name] ?? 0) + times;
    const row = Object.entries(ERRORS).find(([code]) => code === name)?.[1];
    counts[name === CONNECTION_LOST ? 'connections' : row?.policy === 'retry' ? 'retryable' : 'final'] += times;
  }
  return { byName, ...counts };
}

/** Looks until nothing is missing, but not for ever. */
async function untilDelivered<Found extends { readonly lost: number }>(look: () => Promise<Found>): Promise<Found> {
  const deadline = performance.now() + RECOVERY_SECONDS * 1_000;
  for (;;) {
    const found = await look();
    if (found.lost === 0 || performance.now() > deadline) return found;
    await sleep(500);
  }
}
