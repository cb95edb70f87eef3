import {
  DeploymentError,
  type NodeId,
  parseUserId,
  type Storage,
  type StoreIdentity,
  UnavailableError,
} from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { conversationBuilder } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { stampOf } from '../../src/deployment/claims.ts';
import { Deployment } from '../../src/deployment/deployment.ts';
import { Health } from '../../src/health.ts';
import { createMemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { SetBackWatch } from '../../src/store/set-back-watch.ts';
import { flushPromises, ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const LEASE_TTL = 3_000;
const RETENTION = 14 * 24 * 3_600_000;

function world() {
  const shared = createMemoryBackplaneState();
  const clock = new ManualClock();
  const watchOf = (storage: Storage, events: ServerEventBus, onSetBack = () => {}) =>
    new SetBackWatch({ storage, retentionMs: RETENTION, onSetBack, events, clock });
  const start = (name: string, storage = memoryStorage(), partitions = 4) => {
    const events = new ServerEventBus();
    const health = new Health(events);
    const backplane = memoryBackplane({ partitions, backlog: 10, deadLetters: 10, shared, clock });
    let startedAgain = 0;
    const setBacks = watchOf(storage, events, () => {
      startedAgain += 1;
    });
    const deployment = new Deployment({
      claims: backplane.claims,
      storage,
      nodeId: name as NodeId,
      partitions,
      leaseTtlMs: LEASE_TTL,
      setBacks,
      clock,
      events,
      health,
    });
    return { deployment, storage, events, health, backplane, setBacks, startedAgain: () => startedAgain };
  };
  return { shared, clock, start };
}

async function refusal(work: Promise<void>): Promise<DeploymentError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DeploymentError) return error;
  throw new Error('it was not refused', { cause: error });
}

test('a process of another store is refused, and told what differs and what to do', async () => {
  const { start } = world();
  const [ours, theirs] = [start('a'), start('b')];
  await ours.deployment.join();
  expect(ours.deployment.stamp).toBe(stampOf({ identity: await ours.storage.history.identity() }));
  const error = await refusal(theirs.deployment.join());
  expect(error.differs[0]).toEqual({
    what: "the store's identity",
    here: await theirs.storage.history.identity(),
    there: await ours.storage.history.identity(),
  });
  expect(error.message).toContain('keyPrefix');
  await ours.deployment.close();
});

test('other partitions are refused while a process has the old ones, and taken when it is gone or silent', async () => {
  const { start, clock } = world();
  const before = start('a');
  await before.deployment.join();
  const after = start('b', before.storage, 8);
  const error = await refusal(after.deployment.join());
  expect(error.differs).toEqual([{ what: 'the number of partitions', here: 8, there: 4 }]);
  expect(error.message).toContain('stop these first');
  await before.deployment.close();
  await after.deployment.join();
  await after.deployment.close();
  expect(clock.sleeping).toBe(0);
});

test('a backplane that was emptied is claimed anew with the next heartbeat', async () => {
  const { start, shared, clock } = world();
  const ours = start('a');
  await ours.deployment.join();
  shared.claim.claim = undefined;
  shared.claim.processes.clear();
  await clock.advance(LEASE_TTL / 3);
  expect(await refusal(start('b').deployment.join())).toBeInstanceOf(DeploymentError);
  await ours.deployment.close();
});

test('a process that finds another claim while it runs takes no part until that is over, and says so', async () => {
  const { start, shared, clock } = world();
  const ours = start('a');
  ours.health.opened();
  const refused = recorded(ours.events, 'deployment-refused');
  const states = recorded(ours.events, 'health-changed');
  await ours.deployment.join();
  const claim = shared.claim.claim;
  shared.claim.claim = { ...claim, identity: 'another' as StoreIdentity } as typeof claim;
  await clock.advance(LEASE_TTL);
  expect(refused).toHaveLength(1);
  expect(ours.deployment.refusal?.differs).toMatchObject([{ there: 'another' }]);
  expect(ours.health.report()).toMatchObject({ status: 'refused', reasons: [{ what: 'deployment' }] });

  shared.claim.claim = claim;
  await clock.advance(LEASE_TTL / 3);
  expect(ours.deployment.refusal).toBeUndefined();
  expect(ours.health.report()).toEqual({ status: 'ok', reasons: [] });
  expect(states.map(({ status }) => status)).toEqual(['refused', 'ok']);
  await ours.deployment.close();
});

test('a backplane that cannot be reached for a while is no other deployment', async () => {
  const { start, clock } = world();
  const { deployment, storage, events, health, backplane, setBacks } = start('a');
  const retried = recorded(events, 'retried');
  let down = false;
  const claims = {
    ...backplane.claims,
    take: async (...args: Parameters<typeof backplane.claims.take>) => {
      if (down) throw new UnavailableError('down');
      return backplane.claims.take(...args);
    },
  };
  const flaky = new Deployment({
    claims,
    storage,
    nodeId: 'a' as NodeId,
    partitions: 4,
    leaseTtlMs: LEASE_TTL,
    setBacks,
    clock,
    events,
    health,
  });
  await flaky.join();
  down = true;
  await clock.advance(LEASE_TTL);
  expect(retried).toMatchObject([{ what: 'claim' }, { what: 'claim' }, { what: 'claim' }]);
  expect(flaky.refusal).toBeUndefined();
  down = false;
  await clock.advance(LEASE_TTL);
  expect(retried).toHaveLength(3);
  await flaky.close();
  await flushPromises();
  expect(deployment.stamp).toBe('');
});

test('a store that was set back is noticed with the next heartbeat by one process, and with the one after it by all', async () => {
  const { start, clock } = world();
  const writer = start('a');
  const gateway = start('b', writer.storage);
  await Promise.all([writer.deployment.join(), gateway.deployment.join()]);
  const event = conversationBuilder({ memberIds: [parseUserId('ann')] }).created;
  await writer.storage.history.append([event]);
  await writer.setBacks.committed({ events: [event], rows: [] });
  await clock.advance(LEASE_TTL / 3);
  expect([writer.startedAgain(), gateway.startedAgain()]).toEqual([0, 0]);
  writer.storage.history.findByRef = async () => [];
  await clock.advance((2 * LEASE_TTL) / 3);
  expect([writer.startedAgain(), gateway.startedAgain()]).toEqual([1, 1]);
  await clock.advance(LEASE_TTL);
  expect([writer.startedAgain(), gateway.startedAgain()]).toEqual([1, 1]);
  await Promise.all([writer.deployment.close(), gateway.deployment.close()]);
});

test('a store that cannot be asked costs no claim', async () => {
  const { start, clock } = world();
  const ours = start('a');
  const retried = recorded(ours.events, 'retried');
  await ours.deployment.join();
  const event = conversationBuilder({ memberIds: [parseUserId('ann')] }).created;
  await ours.setBacks.committed({ events: [event], rows: [] });
  ours.storage.history.findByRef = () => Promise.reject(new UnavailableError('down'));
  await clock.advance(LEASE_TTL);
  expect(retried).toMatchObject([{ what: 'witness' }, { what: 'witness' }, { what: 'witness' }]);
  expect(ours.health.report()).toMatchObject({ reasons: [] });
  await ours.deployment.close();
});
