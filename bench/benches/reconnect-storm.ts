import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../frame/bench.ts';
import { Measurements, TIDEMARK } from '../frame/result.ts';
import { startServices } from '../frame/services.ts';
import { startTidemark, watchPeak } from '../load/start-measured.ts';
import { type Progress, startSwarm } from '../load/swarm.ts';
import type { Connection } from '../systems/driver.ts';
import { textOf } from '../systems/message.ts';
import { tidemarkDriver } from '../systems/tidemark/driver.ts';

const GROUP = 100;
/** Messages to each group while its members are away. */
const MISSED = 5;
/** ms between two messages while they return. */
const MEANWHILE_EVERY = 20;
const CATCH_UP_MS = 30_000;
const MB = 1024 * 1024;

export const reconnectStorm: Bench = {
  name: 'reconnect-storm',
  about: '5,000 clients drop and return at once: time until all are live, peak memory, requests to the store.',
  configs: ['redis-postgres', 'embedded'],

  async run({ config, quick, log, note }) {
    const count = quick ? 500 : 5_000;
    const storms = quick ? 2 : 5;
    const measured = new Measurements();
    await using services = await startServices(config);
    await using server = await startTidemark(services);
    const users = Array.from({ length: count }, (_, index) => `user-${index}`);
    await using swarm = await startSwarm({ url: server.url, wire: 'tidemark', users });
    const first = await swarm.connect();
    log(`${count} clients are live after ${Math.round(first)} ms`);

    const sender = await tidemarkDriver.connect(server.url, 'sender', null);
    const groups: string[] = [];
    for (let start = 0; start < count; start += GROUP) {
      groups.push(await tidemarkDriver.group(sender, `group ${start}`, users.slice(start, start + GROUP)));
    }
    /** Entries that each user has been sent, by group: the creation is the first. */
    const due = groups.map(() => 1);
    let number = 0;
    const sendTo = async (index: number): Promise<void> => {
      await send(sender, groups[index] as string, textOf(++number));
      due[index] = (due[index] ?? 0) + 1;
    };
    await untilAll(() => swarm.progress(), due);

    let before = { ...(await swarm.progress()), missing: 0 };
    for (let storm = 0; storm < storms; storm++) {
      const idle = await server.memory();
      await swarm.drop();
      for (let round = 0; round < MISSED; round++) await Promise.all(groups.map((_, index) => sendTo(index)));
      await untilNone(() => server.connections());
      const callsBefore = sum(Object.values(await server.storageCalls()));
      const peak = watchPeak(server.pid);
      let returning = true;
      const meanwhile = (async () => {
        for (let turn = 0; returning; turn++) {
          await sendTo(turn % groups.length);
          await sleep(MEANWHILE_EVERY);
        }
      })();
      const live = await swarm.connect();
      returning = false;
      await meanwhile;
      const memory = peak.stop();
      const calls = sum(Object.values(await server.storageCalls())) - callsBefore;
      const after = await untilAll(() => swarm.progress(), due);
      const deliveries = {
        lost: after.missing + after.gaps - before.gaps,
        duplicated: after.repeats - before.repeats,
      };
      before = after;
      measured.add(TIDEMARK, 'return until all are live', 'ms', live, deliveries);
      measured.add(TIDEMARK, 'peak memory of the server', 'MB', memory / MB);
      measured.add(TIDEMARK, 'peak memory above that of idle clients', 'MB', (memory - idle.rss) / MB);
      measured.add(TIDEMARK, 'calls to the storage per client', '', calls / count);
      log(`storm ${storm + 1}: live after ${Math.round(live)} ms, ${calls} calls, ${JSON.stringify(deliveries)}`);
    }
    sender.close();
    note(
      `Each client missed ${MISSED} messages of its group of ${GROUP}; one more every ${MEANWHILE_EVERY} ms to some group.`,
    );
    note(
      `All ${count} return without waiting, 250 handshakes at once per client process of 2,500; real clients spread out.`,
    );
    note(
      'Lost, duplicated: against the seqs of each inbox, with everything that was acknowledged until the last was live.',
    );
    return measured.rows();
  },
};

function send(connection: Connection, to: string, text: string): Promise<void> {
  return new Promise((resolve, reject) =>
    connection.send(to, text, (refusal) => (refusal === undefined ? resolve() : reject(new Error(refusal)))),
  );
}

/** Waits until every client has what its group was sent, and returns how many entries are missing in the end. */
async function untilAll(
  progress: () => Promise<Progress>,
  due: readonly number[],
): Promise<Progress & { readonly missing: number }> {
  const deadline = performance.now() + CATCH_UP_MS;
  for (;;) {
    const now = await progress();
    const missing = sum(now.seqs.map((seq, index) => Math.max(0, (due[Math.floor(index / GROUP)] ?? 0) - seq)));
    if (missing === 0 || performance.now() > deadline) return { ...now, missing };
    await sleep(50);
  }
}

async function untilNone(connections: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + CATCH_UP_MS;
  // One is the sender's.
  while ((await connections()) > 1) {
    if (performance.now() > deadline) throw new Error('the server still holds sockets of clients that are gone');
    await sleep(20);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
