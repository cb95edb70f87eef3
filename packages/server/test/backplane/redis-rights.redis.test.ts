import { readdirSync, readFileSync } from 'node:fs';
import {
  type CommandId,
  type ConversationId,
  DeploymentError,
  type Epoch,
  type NodeId,
  type Seq,
  type StoreIdentity,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../../../../test/support/services/redis.ts';
import { BACKPLANE_VERSION, type Claim } from '../../src/deployment/claims.ts';
import { COMMAND_TYPES } from '../../src/features/commands.ts';
import { redisBackplane } from '../../src/redis-backplane.ts';
import { eventually } from '../support/eventually.ts';
import { DEFAULTS } from './deployment.ts';
import { bodiesOf, readAll } from './ingress-suite.ts';

const epoch = 'e1' as Epoch;
const node = 'node-1' as NodeId;
const ann = 'ann' as UserId;
const claim: Claim = { identity: 'store' as StoreIdentity, epoch, partitions: 4, version: BACKPLANE_VERSION };

describe('the rights of the Redis user', () => {
  it.each([
    { named: 'tm:', client: '', keyPrefix: undefined },
    { named: 'app:chat\\*:', client: 'app:', keyPrefix: 'chat*:' },
  ])('those that the error names for $named* are enough for everything', async ({ named, client, keyPrefix }) => {
    await using server = await startAcl({ keyPrefix, client });
    await server.grant('+eval');
    const rule = ruleOf(await server.refusal());
    expect(rule.slice(0, 2)).toEqual([`~${named}*`, `&${named}*`]);
    await server.grant(...rule);
    const { claims, ingress, inboxSeq, leases, nodes, notifier, presence, refusals } = server.backplane;

    await claims.check();
    expect(await claims.take(claim, node, 60_000, { setBacks: 0, witness: '' })).toMatchObject({ claim });
    const heard: string[] = [];
    await notifier.listen(node, (frame) => void heard.push(frame));
    await notifier.publish(node, 'frame');
    await eventually('the frame arrives', () => heard.includes('frame'));
    await ingress.append(0, 'a');
    await ingress.append(0, 'b');
    const reader = ingress.open(0);
    const entries = await readAll(reader, 2);
    expect(bodiesOf(entries)).toEqual(['a', 'b']);
    const [first, second] = entries as [(typeof entries)[0], (typeof entries)[0]];
    await reader.acknowledge([first.id]);
    await reader.park(second, 'a reason');
    expect(await ingress.backlog(0)).toBe(0);
    await inboxSeq(epoch).raise(new Map([[ann, 1 as Seq]]));
    expect((await inboxSeq(epoch).allocate(new Map([[ann, 2]]))).seqs).toEqual(new Map([[ann, 3]]));
    expect(await leases.acquire(0, node, 60_000)).toBe(true);
    await leases.release(0, node);
    await presence.join([ann], node, 60_000);
    expect(await presence.nodesOf([ann])).toEqual(new Map([[ann, [node]]]));
    await presence.leave([ann], node);
    await nodes.announce(node, 'worker', 60_000, COMMAND_TYPES);
    expect(await nodes.workers()).toEqual([{ nodeId: node, commands: COMMAND_TYPES }]);
    await nodes.withdraw(node);
    const error = new TidemarkError('forbidden', 'no');
    const conversationId = 'u:ann' as ConversationId;
    await refusals.remember(0, [{ conversationId, actorId: ann, commandId: 'c1' as CommandId, retry: 0, error }]);
    expect((await refusals.since(0, undefined)).refusals).toMatchObject([{ actorId: ann, commandId: 'c1' }]);
    await claims.leave(node);
  });

  it.each([
    ['-xadd', ['+xadd']],
    ['-evalsha', ['+evalsha']],
    ['-ssubscribe', ['+ssubscribe']],
    ['-info', ['+info']],
    ['-eval', ['+eval']],
    ['-spublish -zadd', ['+spublish', '+zadd']],
    ['resetkeys', ['~tm:*']],
    ['resetkeys %R~tm:*', ['~tm:*']],
    ['resetkeys ~tm:{c0}:* ~tm:deployment', ['~tm:*']],
    ['resetchannels', ['&tm:*']],
  ] as const)('after %s the error names %j and nothing else', async (change, missing) => {
    await using server = await startAcl();
    await server.grant('allcommands', '~tm:*', '&tm:*', ...change.split(' '));
    const error = await server.refusal();
    expect(error.differs).toEqual(
      missing.map((right) => ({ what: `the right ${right} in Redis`, here: 'needed', there: 'missing' })),
    );
  });

  it('a user that may do everything is not refused, and nothing is written by the check', async () => {
    await using server = await startAcl();
    await server.grant('allcommands', '~*', '&*');
    await server.backplane.claims.check();
    expect(await server.admin.dbsize()).toBe(0);
  });

  it('the rule is the one in the README', async () => {
    await using server = await startAcl();
    await server.grant('+eval');
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, written = ''] = /^ACL SETUSER chat (~[^`]+)```$/m.exec(readme) ?? [];
    expect(written.trim().split(/\s+/)).toEqual(ruleOf(await server.refusal()));
  });

  it('the rule holds every command that the sources name', async () => {
    await using server = await startAcl();
    await server.grant('+eval');
    const rule = ruleOf(await server.refusal());
    const src = new URL('../../src/', import.meta.url);
    const named = new Set<string>();
    for (const path of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:lua|ts)$/.test(path)) continue;
      const text = readFileSync(new URL(path, src), 'utf8');
      const calls = path.endsWith('.lua')
        ? text.matchAll(/redis\.p?call\('(\w+)'/g)
        : text.matchAll(/(?:calls|connection|opened)\s*\.(?:call|command)\(\s*'(\w+)'/g);
      for (const [, command = ''] of calls) named.add(`+${command.toLowerCase()}`);
    }
    expect(named.size).toBeGreaterThan(25);
    // What a cluster alone is asked.
    named.delete('+ping');
    expect([...named].filter((command) => !rule.includes(command))).toEqual([]);
  });
});

/** A Redis of its own, with a backplane whose user may do nothing yet. */
async function startAcl({ keyPrefix, client = '' }: { keyPrefix?: string | undefined; client?: string } = {}) {
  const service = await startRedis({ appendonly: false });
  const admin = new Redis(service.url);
  await admin.call('acl', 'setuser', 'chat', 'reset', 'on', 'nopass');
  const redis = new Redis(service.url, {
    username: 'chat',
    password: 'any',
    keyPrefix: client,
    enableReadyCheck: false,
  });
  redis.on('error', () => {});
  const backplane = redisBackplane({ ...DEFAULTS, redis, keyPrefix });
  return {
    admin,
    backplane,
    grant: async (...rules: string[]) => void (await admin.call('acl', 'setuser', 'chat', ...rules)),
    refusal: async (): Promise<DeploymentError> => {
      const error = await backplane.claims.check().catch((reason: unknown) => reason);
      if (error instanceof DeploymentError) return error;
      throw new Error('it was not refused', { cause: error });
    },
    [Symbol.asyncDispose]: async () => {
      await backplane.close();
      redis.disconnect();
      admin.disconnect();
      await service[Symbol.asyncDispose]();
    },
  };
}

/** What the error says a user needs, as it says it. */
function ruleOf({ message }: DeploymentError): string[] {
  return (/ACL SETUSER <user> (.+)$/.exec(message)?.[1] ?? '').split(' ');
}
