import type { Epoch, NodeId, StoreIdentity, UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import type { Claim, Claims, Reached } from '../../src/deployment/claims.ts';
import { COMMAND_TYPES } from '../../src/features/commands.ts';
import { eventually } from '../support/eventually.ts';
import type { Deploy } from './deployment.ts';

const ours: Claim = { identity: 'ours'.repeat(8) as StoreIdentity, epoch: 'e1' as Epoch, partitions: 4, version: 1 };
const theirs: Claim = { ...ours, identity: 'theirs'.repeat(5) as StoreIdentity, epoch: 'e2' as Epoch };
const [a, b] = ['node-a', 'node-b'] as [NodeId, NodeId];
const TTL = 60_000;
const none: Reached = { setBacks: 0, witness: '' };

export function describeClaims(name: string, deploy: Deploy): void {
  describe(`claims of ${name}`, () => {
    it('are made by the first, shared by processes of the same deployment, and not taken by another one', async () => {
      await using deployment = deploy();
      const [one, two] = [deployment.process().claims, deployment.process().claims];
      expect(await one.take(ours, a, TTL, none)).toEqual({ claim: ours, processes: 0, queued: 0, reached: none });
      expect(await two.take(ours, b, TTL, none)).toEqual({ claim: ours, processes: 1, queued: 0, reached: none });
      expect(await two.take(theirs, b, TTL, none)).toMatchObject({ claim: ours });
      await Promise.all([one.leave(a), two.leave(b)]);
      expect(await two.take(theirs, b, TTL, none)).toEqual({ claim: ours, processes: 0, queued: 0, reached: none });
      expect(await one.take(ours, a, TTL, none)).toEqual({ claim: ours, processes: 0, queued: 0, reached: none });
    });

    it.each<[string, Claim]>([
      ['partitions', { ...ours, partitions: 8 }],
      ['epoch', { ...ours, epoch: 'e2' as Epoch }],
      ['version', { ...ours, version: 2 }],
    ])('keep their %s until the processes with them are gone', async (_, changed) => {
      await using deployment = deploy();
      const [one, two] = [deployment.process().claims, deployment.process().claims];
      await one.take(ours, a, TTL, none);
      expect(await two.take(changed, b, TTL, none)).toEqual({ claim: ours, processes: 1, queued: 0, reached: none });
      await one.leave(a);
      expect(await two.take(changed, b, TTL, none)).toEqual({ claim: changed, processes: 0, queued: 0, reached: none });
      expect(await one.take(ours, a, TTL, none)).toEqual({ claim: changed, processes: 1, queued: 0, reached: none });
    });

    it('keep their partitions while commands are queued in them', async () => {
      await using deployment = deploy();
      const { claims, ingress } = deployment.process();
      await claims.take(ours, a, TTL, none);
      await ingress.append(3, 'a command');
      const changed = { ...ours, partitions: 2 };
      expect(await claims.take(changed, a, TTL, none)).toEqual({ claim: ours, processes: 0, queued: 1, reached: none });
      const reader = ingress.open(3);
      const [entry] = await reader.read(1, new AbortController().signal);
      await reader.acknowledge([entry?.id ?? '']);
      await reader.close();
      expect(await claims.take(changed, a, TTL, none)).toEqual({
        claim: changed,
        processes: 0,
        queued: 0,
        reached: none,
      });
    });

    it('forget a process that is silent for its time', async () => {
      await using deployment = deploy();
      const { claims } = deployment.process();
      await claims.take(ours, a, 30, none);
      const changed = { ...ours, partitions: 2 };
      await eventually('it is gone', async () => (await claims.take(changed, b, TTL, none)).claim.partitions === 2);
    });

    it('keep beside them how far the store has come: the last witness of those that know of the most set-backs', async () => {
      await using deployment = deploy();
      const [one, two] = [deployment.process().claims, deployment.process().claims];
      const give = async (claims: Claims, nodeId: NodeId, setBacks: number, witness: string): Promise<Reached> =>
        (await claims.take(ours, nodeId, TTL, { setBacks, witness })).reached;
      expect(await give(one, a, 0, 'first')).toEqual(none);
      expect(await give(two, b, 0, '')).toEqual({ setBacks: 0, witness: 'first' });
      expect(await give(two, b, 0, 'second')).toEqual({ setBacks: 0, witness: 'first' });
      expect(await give(one, a, 1, '')).toEqual({ setBacks: 0, witness: 'second' });
      expect(await give(two, b, 0, 'of before')).toEqual({ setBacks: 1, witness: '' });
      expect(await give(two, b, 1, 'third')).toEqual({ setBacks: 1, witness: '' });
      await Promise.all([one.leave(a), two.leave(b)]);
      await one.take(theirs, a, TTL, { setBacks: 9, witness: 'theirs' });
      expect(await give(one, a, 0, '')).toEqual({ setBacks: 1, witness: 'third' });
    });

    it('are those of one of many that start together', async () => {
      await using deployment = deploy();
      const claims = [ours, theirs, ours, theirs, ours, theirs];
      const standing = await Promise.all(
        claims.map((claim, index) => deployment.process().claims.take(claim, `node-${index}` as NodeId, TTL, none)),
      );
      expect(new Set(standing.map(({ claim }) => claim.identity)).size).toBe(1);
    });
  });

  describe(`what another deployment left in ${name}`, () => {
    it('is no lease, no worker and no presence of this one', async () => {
      await using deployment = deploy();
      const [one, two] = [deployment.process(), deployment.process()];
      await one.claims.take(ours, a, TTL, none);
      const users = ['ann', 'bob'] as UserId[];
      const leave = async (): Promise<void> => {
        expect(await one.leases.acquire(0, a, TTL)).toBe(true);
        await one.nodes.announce(a, 'worker', TTL, COMMAND_TYPES);
        await one.presence.join(users, a, TTL);
      };
      await leave();
      if (!deployment.giveUp) return;
      await deployment.giveUp();
      await two.claims.take(theirs, b, TTL, none);
      expect(await two.nodes.workers()).toEqual([]);
      expect(await two.presence.nodesOf(users)).toEqual(new Map());
      expect(await two.leases.acquire(0, b, TTL)).toBe(true);
      await two.presence.join(['bob' as UserId], b, TTL);
      expect(await two.presence.nodesOf(users)).toEqual(new Map([['bob', [b]]]));
      await one.leases.release(0, a);
      expect(await two.leases.acquire(0, a, TTL)).toBe(false);
    });
  });
}
