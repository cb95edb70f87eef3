import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../frame/bench.ts';
import { Measurements, TIDEMARK } from '../frame/result.ts';
import { startServices } from '../frame/services.ts';
import { InboxWriters } from '../load/inbox-writers.ts';
import { openDeployment } from '../load/open-deployment.ts';
import { spentBy, spentSince } from '../load/spent.ts';

const GROUP_SIZES = [10, 100, 1_000];

export const inboxWrite: Bench = {
  name: 'inbox-write',
  about: 'Inbox entries per second through allocate and commit, in groups of 10, 100 and 1,000.',
  configs: ['redis-postgres', 'redis-mariadb', 'redis-postgres-mongo', 'embedded'],

  async run({ config, quick, log, note }) {
    const repetitions = quick ? 2 : 5;
    const seconds = quick ? 1 : 3;
    const measured = new Measurements();
    await using services = await startServices(config);
    await using deployment = await openDeployment({ redis: services.redis?.url ?? null, store: services.store });
    const { storage, backplane } = deployment;
    for (const size of GROUP_SIZES) {
      const writers = await InboxWriters.open(storage, backplane.inboxSeq(storage.inbox.epoch), size);
      await writers.run(seconds / 2);
      for (let repetition = 0; repetition < repetitions; repetition++) {
        // What the store still does for the repetition before is over, as far as it can be.
        await sleep(300);
        const before = spentBy(services);
        const run = await writers.run(seconds);
        const spent = spentSince(before, spentBy(services));
        measured.add(TIDEMARK, `entries, groups of ${size}`, '1/s', run.entries / run.seconds);
        for (const [part, micros] of Object.entries(spent)) {
          if (part === 'redis' && !services.redis) continue;
          if (part === 'store' && services.storePids.length === 0) continue;
          measured.add(TIDEMARK, `CPU of ${part} per entry, groups of ${size}`, 'µs', micros / run.entries);
        }
        log(`groups of ${size}: ${Math.round(run.entries / run.seconds)} entries/s`);
      }
      const found = await writers.check();
      log(`groups of ${size}: read ${found.entries} entries back, lost ${found.lost}, duplicated ${found.duplicated}`);
      measured.add(TIDEMARK, `entries read back, groups of ${size}`, '', found.entries, found);
    }
    note(
      'Acknowledged: event and entries are committed in the store, each commit as durable as the services are set up.',
    );
    note('8 writers at once in one process; a commit holds 200 messages at most, and 5,000 entries.');
    note('Lost, duplicated: every inbox is read back through the storage, and compared with what was acknowledged.');
    return measured.rows();
  },
};
