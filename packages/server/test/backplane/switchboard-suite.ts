import type { Epoch, NodeId, Seq, UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { COMMAND_TYPES } from '../../src/features/commands.ts';
import { eventually, never } from '../support/eventually.ts';
import type { Deploy } from './deployment.ts';

const epoch = 'e1' as Epoch;
const [one, two] = ['node-1', 'node-2'] as [NodeId, NodeId];
/** ms; ample for what must still hold, short for what must expire. */
const LONG = 60_000;
const SHORT = 100;

const worker = (nodeId: NodeId) => ({ nodeId, commands: COMMAND_TYPES });

/** Leases, counters, registry, presence and notify. */
export function describeSwitchboard(name: string, deploy: Deploy): void {
  describe(`partition leases of ${name}`, () => {
    it('gives a partition to one of many owners that ask at once', async () => {
      await using deployment = deploy();
      const processes = Array.from({ length: 5 }, () => deployment.process());
      const held = await Promise.all(
        processes.map(({ leases }, index) => leases.acquire(0, `n${index}` as NodeId, LONG)),
      );
      expect(held.filter(Boolean)).toHaveLength(1);
      expect(await processes[0]?.leases.acquire(1, two, LONG)).toBe(true);
    });

    it('lets the owner renew and nobody else take it', async () => {
      await using deployment = deploy();
      const { leases } = deployment.process();
      expect(await leases.acquire(0, one, SHORT)).toBe(true);
      expect(await leases.acquire(0, one, LONG)).toBe(true);
      await never('it expires', () => leases.acquire(0, two, LONG), 3 * SHORT);
      expect(await leases.acquire(0, one, LONG)).toBe(true);
    });

    it('frees what its owner released, and what its owner let expire', async () => {
      await using deployment = deploy();
      const { leases } = deployment.process();
      expect(await leases.acquire(0, one, LONG)).toBe(true);
      await leases.release(0, two);
      expect(await leases.acquire(0, two, LONG)).toBe(false);
      await leases.release(0, one);
      expect(await leases.acquire(0, two, LONG)).toBe(true);
      expect(await leases.acquire(0, one, LONG)).toBe(false);
      expect(await leases.acquire(0, two, SHORT)).toBe(true);
      await eventually('the lease expires', () => leases.acquire(0, one, LONG));
    });
  });

  describe(`inbox counters of ${name}`, () => {
    it('reports users without a counter as missing and leaves them without one', async () => {
      await using deployment = deploy();
      const seqs = deployment.process().inboxSeq(epoch);
      await seqs.raise(mapOf(['ann', 4]));
      expect((await seqs.allocate(mapOf(['ann', 2], ['bob', 1]))).seqs).toEqual(mapOf(['ann', 6]));
      expect(await seqs.current(['ann', 'bob'] as UserId[])).toEqual(mapOf(['ann', 6]));
      expect((await seqs.allocate(new Map())).seqs).toEqual(new Map());
    });

    it('gives no seq twice and leaves none out when a hundred callers allocate at once', async () => {
      await using deployment = deploy();
      const processes = [deployment.process(), deployment.process()] as const;
      const [first, second] = [processes[0].inboxSeq(epoch), processes[1].inboxSeq(epoch)];
      await first.raise(mapOf(['ann', 0], ['bob', 10]));
      const taken = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const count = (index % 3) + 1;
          const { seqs } = await (index % 2 ? first : second).allocate(mapOf(['ann', count], ['bob', 1]));
          return { count, ann: seqs.get('ann' as UserId) as number, bob: seqs.get('bob' as UserId) as number };
        }),
      );
      const ann = taken.flatMap(({ count, ann: last }) => Array.from({ length: count }, (_, back) => last - back));
      expect(ann.sort((a, b) => a - b)).toEqual(Array.from({ length: ann.length }, (_, index) => index + 1));
      expect(taken.map(({ bob }) => bob).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, index) => index + 11),
      );
    });

    it('raises to the head it is told, and never lowers', async () => {
      await using deployment = deploy();
      const seqs = deployment.process().inboxSeq(epoch);
      await seqs.raise(mapOf(['ann', 10]));
      await seqs.raise(mapOf(['ann', 3], ['bob', 0]));
      expect(await seqs.current(['ann', 'bob'] as UserId[])).toEqual(mapOf(['ann', 10], ['bob', 0]));
      await seqs.raise(mapOf(['ann', 12]));
      expect((await seqs.allocate(mapOf(['ann', 1], ['bob', 1]))).seqs).toEqual(mapOf(['ann', 13], ['bob', 1]));
    });

    it('throws away what stands above what it is told, and nothing else', async () => {
      await using deployment = deploy();
      const seqs = deployment.process().inboxSeq(epoch);
      await seqs.raise(mapOf(['ann', 3_000_000], ['bob', 10]));
      await seqs.forget(mapOf(['ann', 10_000], ['bob', 10], ['cay', 0]));
      expect(await seqs.current(['ann', 'bob', 'cay'] as UserId[])).toEqual(mapOf(['bob', 10]));
      expect((await seqs.allocate(mapOf(['ann', 1]))).seqs).toEqual(new Map());
      await seqs.raise(mapOf(['ann', 5]));
      expect((await seqs.allocate(mapOf(['ann', 1]))).seqs).toEqual(mapOf(['ann', 6]));
    });

    it('says of a counter that it was restored, since it was created or last raised', async () => {
      await using deployment = deploy();
      const seqs = deployment.process().inboxSeq(epoch);
      await seqs.raise(mapOf(['ann', 10], ['bob', 0]));
      const other = deployment.process().inboxSeq(epoch);
      expect((await other.allocate(mapOf(['ann', 1], ['bob', 1], ['cay', 1]))).restored).toEqual(
        new Set(['ann', 'bob']),
      );
      expect((await seqs.allocate(mapOf(['ann', 1]))).restored).toEqual(new Set(['ann']));
    });

    it('counts exactly up to the largest safe integer', async () => {
      await using deployment = deploy();
      const seqs = deployment.process().inboxSeq(epoch);
      await seqs.raise(mapOf(['ann', Number.MAX_SAFE_INTEGER - 2]));
      expect((await seqs.allocate(mapOf(['ann', 1]))).seqs).toEqual(mapOf(['ann', Number.MAX_SAFE_INTEGER - 1]));
      expect(await seqs.current(['ann'] as UserId[])).toEqual(mapOf(['ann', Number.MAX_SAFE_INTEGER - 1]));
    });

    it('keeps counters of different epochs apart', async () => {
      await using deployment = deploy();
      const backplane = deployment.process();
      await backplane.inboxSeq(epoch).raise(mapOf(['ann', 10]));
      const other = backplane.inboxSeq('e2' as Epoch);
      expect((await other.allocate(mapOf(['ann', 1]))).seqs).toEqual(new Map());
      await other.raise(mapOf(['ann', 1]));
      expect(await backplane.inboxSeq(epoch).current(['ann'] as UserId[])).toEqual(mapOf(['ann', 10]));
    });

    it('moves the counters of many users in one call, whatever they are called', async () => {
      await using deployment = deploy();
      const seqs = deployment.process().inboxSeq(epoch);
      const users = [
        '__proto__',
        'constructor',
        '{c1}',
        '"',
        '\\',
        '-inf',
        '(1',
        '+',
        ...Array.from({ length: 20_000 }, (_, index) => `user-${index}`),
      ];
      await seqs.raise(new Map(users.map((userId, index) => [userId as UserId, index as Seq])));
      const counts = new Map(users.map((userId, index) => [userId as UserId, (index % 5) + 1]));
      const expected = new Map(users.map((userId, index) => [userId as UserId, (index + (index % 5) + 1) as Seq]));
      expect((await seqs.allocate(counts)).seqs).toEqual(expected);
      expect(await seqs.current(users as UserId[])).toEqual(expected);
    });
  });

  describe(`node registry of ${name}`, () => {
    it('lists workers that live, in the role they announced last', async () => {
      await using deployment = deploy();
      const [a, b] = [deployment.process(), deployment.process()];
      await a.nodes.announce(one, 'worker', LONG, COMMAND_TYPES);
      await b.nodes.announce(two, 'gateway', LONG, COMMAND_TYPES);
      expect(await b.nodes.workers()).toEqual([worker(one)]);
      await b.nodes.announce(two, 'worker', LONG, COMMAND_TYPES);
      const both = await a.nodes.workers();
      expect(both.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))).toEqual([worker(one), worker(two)]);
      await b.nodes.announce(two, 'gateway', LONG, COMMAND_TYPES);
      await a.nodes.withdraw(one);
      expect(await a.nodes.workers()).toEqual([]);
    });

    it('forgets a worker that no longer announces itself, and keeps one that does', async () => {
      await using deployment = deploy();
      const { nodes } = deployment.process();
      await nodes.announce(one, 'worker', SHORT, COMMAND_TYPES);
      await nodes.announce(two, 'worker', LONG, COMMAND_TYPES);
      await nodes.announce(two, 'worker', LONG / 2, COMMAND_TYPES);
      await eventually('one worker is left', async () => (await nodes.workers()).length === 1);
      expect(await nodes.workers()).toEqual([worker(two)]);
    });

    it('lists a node once, with what it knows since it announced itself last', async () => {
      await using deployment = deploy();
      const [before, after] = [deployment.process(), deployment.process()];
      await before.nodes.announce(one, 'worker', LONG, ['message.send']);
      expect(await after.nodes.workers()).toEqual([{ nodeId: one, commands: ['message.send'] }]);
      await after.nodes.announce(one, 'worker', LONG, ['message.send', 'message.of-tomorrow']);
      await before.nodes.announce(two, 'worker', SHORT, []);
      const known = (await before.nodes.workers()).find(({ nodeId }) => nodeId === one)?.commands;
      expect(known).toEqual(['message.send', 'message.of-tomorrow']);
      // Another process under the same name: the one that ends withdraws what the other wrote, who announces itself again.
      await before.nodes.withdraw(one);
      expect((await after.nodes.workers()).some(({ nodeId }) => nodeId === one)).toBe(false);
    });
  });

  describe(`presence of ${name}`, () => {
    it('finds the nodes that hold feeds of a user', async () => {
      await using deployment = deploy();
      const [a, b] = [deployment.process(), deployment.process()];
      await a.presence.join(['ann', 'bob'] as UserId[], one, LONG);
      await b.presence.join(['bob', '__proto__'] as UserId[], two, LONG);
      const found = await a.presence.nodesOf(['ann', 'bob', 'cid', '__proto__'] as UserId[]);
      expect(found.get('ann' as UserId)).toEqual([one]);
      expect([...(found.get('bob' as UserId) ?? [])].sort()).toEqual([one, two]);
      expect(found.get('__proto__' as UserId)).toEqual([two]);
      expect(found.has('cid' as UserId)).toBe(false);
      await a.presence.leave(['bob', 'ann'] as UserId[], one);
      expect(await b.presence.nodesOf(['ann', 'bob'] as UserId[])).toEqual(new Map([['bob', [two]]]));
    });

    it('forgets a node that does not renew, and keeps the user on one that does', async () => {
      await using deployment = deploy();
      const { presence } = deployment.process();
      const users = ['ann'] as UserId[];
      await presence.join(users, two, LONG);
      await presence.join(users, one, LONG);
      expect([...((await presence.nodesOf(users)).get('ann' as UserId) ?? [])].sort()).toEqual([one, two]);
      await presence.join(users, one, SHORT);
      await eventually(
        'the first is forgotten',
        async () => (await presence.nodesOf(users)).get('ann' as UserId)?.length === 1,
      );
      expect(await presence.nodesOf(users)).toEqual(new Map([['ann', [two]]]));
      await presence.join(users, one, SHORT);
      await presence.join(users, one, LONG);
      await never(
        'it expires',
        async () => (await presence.nodesOf(users)).get('ann' as UserId)?.length === 1,
        3 * SHORT,
      );
    });

    it('answers for many users in one call', async () => {
      await using deployment = deploy();
      const { presence } = deployment.process();
      const users = Array.from({ length: 20_000 }, (_, index) => `user-${index}` as UserId);
      await presence.join(users, one, LONG);
      const found = await presence.nodesOf([...users, 'nobody' as UserId]);
      expect(found.size).toBe(users.length);
      await presence.leave(users, one);
      expect((await presence.nodesOf(users)).size).toBe(0);
      await presence.join([], one, LONG);
    });
  });

  describe(`notifier of ${name}`, () => {
    it('carries frames to the node they are for, in order', async () => {
      await using deployment = deploy();
      const [a, b] = [deployment.process(), deployment.process()];
      const [atOne, atTwo]: [string[], string[]] = [[], []];
      await a.notifier.listen(one, (frame) => void atOne.push(frame));
      await b.notifier.listen(two, (frame) => void atTwo.push(frame));
      const frames = Array.from({ length: 200 }, (_, index) => `frame ${index} नमस्ते`);
      await Promise.all(frames.map((frame) => a.notifier.publish(two, frame)));
      await b.notifier.publish(one, 'x'.repeat(1 << 20));
      await eventually('all frames are there', () => atTwo.length === 200 && atOne.length === 1);
      expect(atTwo).toEqual(frames);
      expect(atOne[0]).toHaveLength(1 << 20);
    });

    it('loses, silently, what is for a node that does not listen', async () => {
      await using deployment = deploy();
      const [a, b] = [deployment.process(), deployment.process()];
      await a.notifier.publish(two, 'nobody hears it');
      const heard: string[] = [];
      await b.notifier.listen(two, (frame) => void heard.push(frame));
      await a.notifier.publish(two, 'heard');
      await eventually('the second frame is there', () => heard.length > 0);
      expect(heard).toEqual(['heard']);
      await b.close();
      await a.notifier.publish(two, 'nobody hears it either');
    });

    it('hears for one node at a time: the last it listened for', async () => {
      await using deployment = deploy();
      const { notifier } = deployment.process();
      const heard: string[] = [];
      await notifier.listen(one, (frame) => void heard.push(`one ${frame}`));
      await notifier.listen(two, (frame) => void heard.push(`two ${frame}`));
      await notifier.publish(one, 'frame');
      await notifier.publish(two, 'frame');
      await eventually('a frame is there', () => heard.length > 0);
      expect(heard).toEqual(['two frame']);
    });
  });
}

function mapOf(...entries: readonly (readonly [string, number])[]): Map<UserId, Seq> {
  return new Map(entries.map(([userId, value]) => [userId as UserId, value as Seq]));
}
