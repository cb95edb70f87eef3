import { directConversationId } from '@tidemark/core';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { assertPromises } from '../support/promises.ts';
import { untilDone } from '../support/send-until-receipt.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';

const USERS = ['alice', 'bob', 'carol', 'dave'] as const;

/** Two servers that are both gateway and worker; four users on them; everyone sends to a group and to a neighbour, twice each. */
async function startScene(deployment: Deployment) {
  const events = ['counters-restored', 'committed'] as const;
  const servers = await Promise.all([deployment.start({ events }), deployment.start({ events })]);
  const devices = await Promise.all(
    USERS.map(async (user, index) => ({
      user,
      ...(await deployment.follow(servers[index % 2] as (typeof servers)[0], user)),
    })),
  );
  const [first] = devices as [(typeof devices)[0]];
  const { conversationId: group } = await untilDone(() =>
    first.client.trpc.chat.conversations.createGroup.mutate({ memberIds: [...USERS] }),
  );
  const members = new Map<string, readonly string[]>([[group, USERS]]);
  const lanes = devices.flatMap(({ user, client }, index) => {
    const neighbour = USERS[(index + 1) % USERS.length] as string;
    const direct = directConversationId(user, neighbour);
    members.set(direct, [user, neighbour]);
    const conversations = [group, direct, group, direct];
    return conversations.map((conversationId) => ({ user, client, conversationId }));
  });
  return { servers, members, records: devices.map(({ record }) => record), traffic: startTraffic(lanes) };
}

async function receiptsAfter(traffic: Traffic, count: number): Promise<void> {
  const enough = traffic.receipts.size + count;
  await eventually(`${count} receipts more`, () => traffic.receipts.size >= enough);
}

test('Redis FLUSHALL in mid-traffic: counters are restored from the store and no seq is used twice', async () => {
  await using deployment = await startDeployment();
  const { servers, members, records, traffic } = await startScene(deployment);
  const redis = new Redis(deployment.redis.url);
  for (let flush = 0; flush < 5; flush++) {
    await receiptsAfter(traffic, 300);
    await redis.flushall();
  }
  await receiptsAfter(traffic, 150);
  redis.disconnect();
  await traffic.stop();

  expect(servers.flatMap((server) => server.seen('counters-restored')).length).toBeGreaterThan(0);
  await assertPromises({ ...deployment, records, members, receipts: [...traffic.receipts.values()] });
});

for (const appendonly of [true, false]) {
  test(`Redis killed with -9 and restarted in mid-traffic, its data ${appendonly ? 'kept' : 'lost'}`, async () => {
    await using deployment = await startDeployment({ appendonly });
    const { members, records, traffic } = await startScene(deployment);
    for (let kill = 0; kill < 2; kill++) {
      await receiptsAfter(traffic, 150);
      await deployment.redis.kill9();
      await deployment.redis.restart();
    }
    await receiptsAfter(traffic, 150);
    await traffic.stop();

    await assertPromises({ ...deployment, records, members, receipts: [...traffic.receipts.values()] });
  });
}
