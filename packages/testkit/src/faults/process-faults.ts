import { setTimeout as sleep } from 'node:timers/promises';
import type { FailingProcess, Heal, System, SystemProcess } from '../verify/system.ts';
import { type Fault, isRedis, namesOf, nothingToHeal, processNamed } from './fault.ts';

type Pick = (system: System) => readonly SystemProcess[];

const servers: Pick = (system) => system.servers;
const devices: Pick = (system) => system.devices;
const redis: Pick = (system) => system.services.filter(({ name }) => isRedis(name));
const stores: Pick = (system) => system.services.filter(({ name }) => !isRedis(name));

/** A fault of one process; `begin` brings it about and gives what ends it. */
function ofProcess(begin: (victim: SystemProcess) => Promise<Heal>) {
  return (kind: string, about: string, pick: Pick, lasts: Fault['lasts'], shared: boolean): Fault => ({
    kind,
    about,
    lasts,
    shared,
    targets: (system) => namesOf(pick(system)),
    inject: async (system, target) => begin(processNamed(pick(system), target)),
  });
}

const kill = ofProcess(async (victim) => {
  await victim.kill9();
  return () => victim.ensureRunning();
});

const pause = ofProcess(async (victim) => {
  await victim.pause();
  return () => victim.resume();
});

const ALL_SERVERS = 'all servers';

const rollingRestart: Fault = {
  kind: 'rolling-restart',
  about: 'every server closes and starts again, one after the other, as in a deployment of a new version',
  // About as long as it takes: the heal finds it done.
  lasts: [4_000, 4_000],
  shared: true,
  targets: (system) => (system.servers.length > 0 ? [ALL_SERVERS] : []),
  inject: async (system) => {
    for (const server of system.servers) await server.restart();
    return nothingToHeal;
  },
};

const clockSkew: Fault = {
  kind: 'clock-skew',
  about: "a server's wall clock is an hour off, ahead or behind",
  lasts: [1_000, 8_000],
  shared: false,
  targets: (system) => namesOf(system.servers.filter(({ setClockOffset }) => setClockOffset)),
  inject: async (system, target, random) => {
    const { setClockOffset } = processNamed(system.servers, target);
    if (!setClockOffset) throw new Error(`the clock of ${target} cannot be moved`);
    await setClockOffset(random() < 0.5 ? -HOUR : HOUR);
    return () => setClockOffset(0);
  },
};

const HOUR = 3_600_000;

/** Deaths at a point of the work: the process kills itself when it comes there. The heal starts it again. */
function failpoint(name: string, about: string): Fault {
  const failing = (system: System): readonly FailingProcess[] =>
    [...system.servers, ...system.devices].filter(({ failpoints }) => failpoints.includes(name));
  return {
    kind: name,
    about,
    lasts: [800, 3_000],
    shared: false,
    targets: (system) => namesOf(failing(system)),
    inject: async (system, target) => {
      const victim = processNamed(failing(system), target);
      await victim.armFailpoint(name);
      return async () => {
        await victim.armFailpoint(null);
        await victim.ensureRunning();
      };
    },
  };
}

/** Longer than the leases of a server under test. */
const LOSES_LEASES = [3_000, 5_000] as const;

/** As a long garbage collection, or a machine that is moved, at the worst moment. */
const pauseAfterAllocate: Fault = {
  kind: 'pause-after-allocate',
  about: 'SIGSTOP of a worker with a batch decided and numbered, which others have committed when it wakes up',
  lasts: LOSES_LEASES,
  shared: false,
  targets: (system) => namesOf(system.servers.filter(({ failpoints }) => failpoints.includes('after-allocate'))),
  inject: async (system, target) => {
    const victim = processNamed(system.servers, target);
    await victim.armFailpoint('after-allocate', 'pause');
    return async () => {
      const disarmed = victim.armFailpoint(null).then(() => true);
      // It may come to the point, and stand still, until it has heard.
      do await victim.resume();
      while (!(await Promise.race([disarmed, sleep(50, false)])));
    };
  },
};

export const processFaults: readonly Fault[] = [
  kill('kill-server', 'kill -9 of a server: gateway, worker and feeds at once', servers, [200, 3_000], false),
  pause(
    'pause-server',
    'SIGSTOP of a server, which wakes up with leases that others hold',
    servers,
    [500, 5_000],
    false,
  ),
  kill('kill-redis', 'kill -9 of a Redis; it comes back with what it had written', redis, [100, 3_000], true),
  pause('pause-redis', 'SIGSTOP of a Redis: connections stay open, and nothing answers', redis, [300, 4_000], true),
  kill('kill-store', 'kill -9 of Postgres, MariaDB or Mongo with all its processes', stores, [100, 3_000], true),
  pause('pause-store', 'SIGSTOP of Postgres, MariaDB or Mongo', stores, [300, 4_000], true),
  kill('kill-device', 'kill -9 of a client in the midst of what it does', devices, [200, 5_000], false),
  pause('pause-device', 'SIGSTOP of a client: a phone that sleeps', devices, [500, 8_000], false),
  rollingRestart,
  clockSkew,
  failpoint('after-decide', 'a worker dies after it decided a batch, before it numbers it'),
  failpoint('after-allocate', 'a worker dies with seqs allocated and nothing committed'),
  pauseAfterAllocate,
  failpoint('after-history-commit', 'a worker dies between the commit of the history and that of the inbox'),
  failpoint('before-publish', 'a worker dies after the commit, before anybody is told'),
  failpoint('before-ack', 'a worker dies after it told everybody, before it acknowledges the batch'),
  failpoint('after-draft-kept', 'a client dies with a draft kept and not sent'),
  failpoint('after-frame-before-local-commit', 'a client dies with entries that came and are not in its store yet'),
  failpoint('after-local-commit', 'a client dies after entries and cursor are in its store, before its views know'),
  failpoint('before-outbox-drop', 'a client dies with a message that came back and is still in its outbox'),
];
