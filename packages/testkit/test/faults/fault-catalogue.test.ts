import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/faults/fault.ts';
import { FAULTS } from '../../src/faults/fault-catalogue.ts';
import type { ServerProcess } from '../../src/verify/system.ts';
import { fakeSystem } from './support/fake-system.ts';

function fault(kind: string): Fault {
  const found = FAULTS.get(kind);
  if (!found) throw new Error(`no fault ${kind}`);
  return found;
}

const lasting = new AbortController().signal;

/** What a fault asks of a system at its nth target, and then its heal. Impairments are JSON. */
async function story(kind: string, options: { nth?: number; random?: number; services?: string[] } = {}) {
  const system = fakeSystem(options.services ? { services: options.services } : {});
  const target = fault(kind).targets(system)[options.nth ?? 0] ?? '';
  const heal = await fault(kind).inject(system, target, () => options.random ?? 0, lasting);
  const injected = system.calls.splice(0);
  await heal();
  return { target, injected, healed: system.calls };
}

describe('the catalogue of faults', () => {
  test('has one name and one line for each', () => {
    const lines = [...FAULTS.values()].map(({ about }) => about);
    expect(new Set(lines).size).toBe(FAULTS.size);
    for (const [kind, { about, lasts }] of FAULTS) {
      expect(kind).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(about).not.toMatch(/\n|\.$/);
      expect(lasts[0]).toBeLessThanOrEqual(lasts[1]);
    }
  });

  test.each([
    ['kill-server', 'server 0', 'kill9', 'ensureRunning'],
    ['pause-server', 'server 0', 'pause', 'resume'],
    ['kill-redis', 'redis', 'kill9', 'ensureRunning'],
    ['pause-redis', 'redis', 'pause', 'resume'],
    ['kill-store', 'postgres', 'kill9', 'ensureRunning'],
    ['pause-store', 'postgres', 'pause', 'resume'],
    ['kill-device', 'device alice/1', 'kill9', 'ensureRunning'],
    ['pause-device', 'device alice/1', 'pause', 'resume'],
  ])('%s befalls %s, and ends', async (kind, target, what, end) => {
    expect(await story(kind)).toEqual({ target, injected: [`${target} ${what}`], healed: [`${target} ${end}`] });
  });

  test('rolling-restart takes the servers one after the other', async () => {
    const { injected, healed } = await story('rolling-restart');
    expect(injected).toEqual(['server 0 restart', 'server 1 restart']);
    expect(healed).toEqual([]);
  });

  test('clock-skew moves a clock by an hour either way, and back', async () => {
    expect((await story('clock-skew', { random: 0.1 })).injected).toEqual(['server 0 clock -3600000']);
    expect(await story('clock-skew', { nth: 1, random: 0.9 })).toEqual({
      target: 'server 1',
      injected: ['server 1 clock 3600000'],
      healed: ['server 1 clock 0'],
    });
  });

  test.each([
    ['after-decide', 'server 0'],
    ['after-allocate', 'server 0'],
    ['after-history-commit', 'server 0'],
    ['before-publish', 'server 0'],
    ['before-ack', 'server 0'],
    ['after-draft-kept', 'device alice/1'],
    ['after-frame-before-local-commit', 'device alice/1'],
    ['after-local-commit', 'device alice/1'],
    ['before-outbox-drop', 'device alice/1'],
  ])('%s is armed in %s, then disarmed, and the process is started again', async (kind, target) => {
    expect(await story(kind)).toEqual({
      target,
      injected: [`${target} arm ${kind}`],
      healed: [`${target} arm null`, `${target} ensureRunning`],
    });
  });

  test('pause-after-allocate pauses a server at its point, disarms and resumes it', async () => {
    expect(await story('pause-after-allocate')).toEqual({
      target: 'server 0',
      injected: ['server 0 arm after-allocate to pause'],
      healed: ['server 0 arm null', 'server 0 resume'],
    });
  });

  test('a server that comes to its point while it is disarmed is resumed until it has heard', async () => {
    const system = fakeSystem();
    const [server] = system.servers as [ServerProcess];
    let hear = (): void => {};
    const heard = new Promise<void>((resolve) => (hear = resolve));
    const resumed: string[] = [];
    const stopping: ServerProcess = {
      ...server,
      armFailpoint: async (failpoint) => (failpoint === null ? heard : undefined),
      resume: async () => {
        if (resumed.push('resume') === 3) hear();
      },
    };
    const heal = await fault('pause-after-allocate').inject(
      { ...system, servers: [stopping] },
      server.name,
      () => 0,
      lasting,
    );
    await heal();
    expect(resumed).toHaveLength(3);
  });

  test.each([
    ['redis-flush', 'redisFlushAll'],
    ['redis-aof-tail-cut', 'redisCutAofTail'],
    ['redis-evict-counters', 'redisEvictCounters'],
    ['redis-lagging-failover', 'redisFailoverToLaggingReplica'],
    ['cluster-node-loss', 'redisLoseClusterNode'],
    ['disk-full', 'storeDiskFull'],
    ['redis-full', 'redisFull'],
    ['store-refuses', 'storeRefuses'],
    ['store-restored', 'storeRestored'],
    ['second-deployment', 'secondDeployment'],
  ])('%s is what the deployment does as %s', async (kind, special) => {
    expect(await story(kind)).toMatchObject({ injected: [special], healed: [`${special} ends`] });
    expect(fault(kind).targets(fakeSystem({ specials: [] }))).toEqual([]);
  });

  test.each([
    ['ws-delay', '{"kind":"delay","ms":20,"jitterMs":0}'],
    ['ws-stall', '{"kind":"stall","direction":"both"}'],
    ['ws-half-open', '{"kind":"half-open"}'],
    ['ws-duplicate-frame', '{"kind":"duplicate","share":0.1,"direction":"down"}'],
    ['ws-swap-frames', '{"kind":"swap","share":0.1,"direction":"down"}'],
    ['ws-replay-frames', '{"kind":"replay","share":0.05,"direction":"down"}'],
    ['slow-reader', '{"kind":"throttle","bytesPerSecond":1,"which":"one"}'],
  ])('%s impairs the sockets of one server: %s', async (kind, impairment) => {
    const { target, injected, healed } = await story(kind, { nth: 1 });
    expect(target).toBe('devices to server 1');
    expect(injected).toEqual([`${target}: ${impairment}`]);
    expect(healed).toEqual([`${target}: ${JSON.parse(impairment).kind} ends`]);
  });

  test('messages that devices send are repeated too, now and then', async () => {
    const { injected } = await story('ws-duplicate-frame', { random: 0.75 });
    expect(injected).toEqual(['devices to server 0: {"kind":"duplicate","share":0.4,"direction":"up"}']);
  });

  test('ws-cut resets one socket, or all of a server', async () => {
    expect((await story('ws-cut', { random: 0.1 })).injected).toEqual(['devices to server 0: cut one']);
    expect((await story('ws-cut', { random: 0.9 })).injected).toEqual(['devices to server 0: cut all']);
  });

  test.each([
    ['redis-tcp-stall', ['redis'], ['server 0 to redis', 'server 1 to redis']],
    ['redis-tcp-delay', ['redis'], ['server 0 to redis', 'server 1 to redis']],
    ['store-tcp-stall', ['postgres'], ['server 0 to postgres', 'server 1 to postgres']],
    ['store-tcp-delay', ['postgres'], ['server 0 to postgres', 'server 1 to postgres']],
    ['worker-partition', ['server 0', 'server 1'], ['server 0 to redis']],
  ])('%s impairs what leads to %s', async (kind, targets, paths) => {
    expect(fault(kind).targets(fakeSystem())).toEqual(targets);
    const { injected, healed } = await story(kind);
    expect(injected.map((call) => call.split(':')[0])).toEqual(paths);
    expect(healed.map((call) => call.split(':')[0])).toEqual(paths);
  });

  test('a cut of the way to a service resets what is open, and may refuse what comes', async () => {
    expect(await story('store-tcp-cut', { random: 0.9 })).toEqual({
      target: 'postgres',
      injected: ['server 0 to postgres: cut all', 'server 1 to postgres: cut all'],
      healed: [],
    });
    const { injected, healed } = await story('redis-tcp-cut', { random: 0.1 });
    expect(injected[0]).toBe('server 0 to redis: {"kind":"refuse"}');
    expect(injected).toContain('server 1 to redis: cut all');
    expect(healed).toEqual(['server 0 to redis: refuse ends', 'server 1 to redis: refuse ends']);
  });

  test('the nodes of a cluster are one network and separate processes, and each store is a target of its own', () => {
    const system = fakeSystem({ services: ['redis 0', 'redis 1', 'postgres', 'mongo'] });
    expect(fault('kill-redis').targets(system)).toEqual(['redis 0', 'redis 1']);
    expect(fault('redis-tcp-stall').targets(system)).toEqual(['redis']);
    expect(fault('worker-partition').targets(system)).toEqual(['server 0', 'server 1']);
    expect(fault('store-tcp-cut').targets(system)).toEqual(['postgres', 'mongo']);
    expect(fault('kill-store').targets(system)).toEqual(['postgres', 'mongo']);
  });
});
