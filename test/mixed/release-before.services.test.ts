import { pathToFileURL } from 'node:url';
import { directConversationId, type Receipt } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { type Device, openDevice } from './device.ts';
import { releasedProgram } from './released-program.ts';

async function releasedDevice(): Promise<typeof openDevice> {
  const path = await releasedProgram('device');
  return ((await import(pathToFileURL(path).href)) as { openDevice: typeof openDevice }).openDevice;
}

async function startReleased(deployment: Deployment, nodeId: string): Promise<ServerProcess> {
  return deployment.start({ program: await releasedProgram('server'), settings: { nodeId } });
}

const portOf = ({ wsUrl }: ServerProcess) => Number(new URL(wsUrl).port);
const USERS = ['alice', 'bob', 'carol', 'dave'] as const;
type User = (typeof USERS)[number];
const direct = directConversationId('alice', 'bob');

/** Four users, two on devices of the release before; each may move to another server. */
async function openUsers(servers: Record<User, ServerProcess>) {
  const before = await releasedDevice();
  const at = { ...servers };
  const open = (user: User) =>
    (user === 'alice' || user === 'carol' ? before : openDevice)(() => portOf(at[user]), user);
  const devices = { alice: open('alice'), bob: open('bob'), carol: open('carol'), dave: open('dave') };
  const all = Object.values(devices);
  await eventually('all are live', () => all.every((device) => device.state().state === 'live'));
  return {
    devices,
    all,
    /** Whoever is on `from` finds `to` when it connects again. */
    move(from: ServerProcess, to: ServerProcess) {
      for (const user of USERS) if (at[user] === from) at[user] = to;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((device) => device[Symbol.asyncDispose]()));
    },
  };
}

type Lane = readonly [user: User, conversationId: string];

/** Each lane sends `count` messages, one after the other. */
async function converse(devices: Record<User, Device>, lanes: readonly Lane[], round: string, count = 10) {
  const say = async ([user, conversationId]: Lane): Promise<Receipt[]> => {
    const receipts: Receipt[] = [];
    for (let n = 0; n < count; n++) receipts.push(await devices[user].send(conversationId, `${round} ${user} ${n}`));
    return receipts;
  };
  return (await Promise.all(lanes.map(say))).flat();
}

test('devices and servers of this release and of the one before work together, and while either is replaced', async () => {
  await using deployment = await startDeployment();
  const [older, newer] = await Promise.all([
    startReleased(deployment, 'before'),
    deployment.start({ settings: { nodeId: 'this' } }),
  ]);
  // Each build on each.
  await using users = await openUsers({ alice: newer, bob: older, carol: older, dave: newer });
  const { devices } = users;
  const group = (await devices.carol.client.createGroup({ title: 'all', memberIds: ['alice', 'bob', 'dave'] }))
    .conversationId;
  const inGroup = USERS.map((user): Lane => [user, group]);
  const everywhere: Lane[] = [...inGroup, ['alice', direct], ['bob', direct]];
  const receipts = await converse(devices, everywhere, 'both');
  for (const [index, user] of USERS.entries()) {
    const own = receipts.find(({ senderId, conversationId }) => senderId === user && conversationId === group);
    await devices[user].edit(own as Receipt, `edited ${index}`);
    await devices[user].client.conversation(group).markRead();
  }
  const [reactedTo, takenBack] = receipts
    .filter(({ senderId, conversationId }) => senderId === 'bob' && conversationId === group)
    .slice(-2);
  for (const user of USERS) await devices[user].react(reactedTo as Receipt, '👍');
  await devices.alice.react(takenBack as Receipt, '👍');
  await devices.bob.revoke(takenBack as Receipt);

  // The newer server is taken away under traffic: everybody is on that of the release before.
  users.move(newer, older);
  const [moved] = await Promise.all([converse(devices, everywhere, 'older'), newer.close()]);
  receipts.push(...moved);

  // It is put back, and the older one killed under traffic; a device of each build was away meanwhile.
  await Promise.all([devices.alice.connection.close(), devices.bob.connection.close()]);
  const again = await deployment.start({ settings: { nodeId: 'this-again' } });
  users.move(older, again);
  const away = converse(
    devices,
    [
      ['carol', group],
      ['dave', group],
    ],
    'away',
  );
  process.kill(older.pid, 'SIGKILL');
  receipts.push(...(await away));
  devices.alice.connection.open();
  devices.bob.connection.open();
  receipts.push(...(await converse(devices, everywhere, 'newer')));

  const places = receipts.map(({ conversationId, conversationSeq }) => `${conversationId} ${conversationSeq}`);
  expect(new Set(places).size, 'each message has a place of its own').toBe(receipts.length);
  for (const device of users.all) {
    const last = Math.max(...receipts.filter((one) => one.conversationId === group).map((one) => one.conversationSeq));
    await eventually('the last is here', () => (device.heads.get(group) ?? 0) >= last);
    expect(device.seqs, 'no entry is missing, twice or out of order').toEqual(
      device.seqs.map((_, index) => (device.seqs[0] as number) + index),
    );
  }
  const texts = await Promise.all(users.all.map((device) => device.textsOf(group)));
  for (const other of texts.slice(1)) expect(other).toEqual(texts[0]);
  const sent = receipts.filter(({ conversationId }) => conversationId === group);
  expect(texts[0]).toHaveLength(sent.length);
  expect(texts[0]?.filter((text) => text.startsWith('edited'))).toHaveLength(USERS.length);
  expect(texts[0]?.filter((text) => text.endsWith(' 👍4'))).toHaveLength(1);
  expect(texts[0]?.filter((text) => text.startsWith('revoked'))).toEqual(['revoked']);
  // Of one sender, in the order in which they were sent.
  for (const user of USERS) {
    const own = (texts[0] ?? []).filter((text) => text.startsWith(`newer ${user} `));
    expect(own).toEqual(own.map((_, n) => `newer ${user} ${n}`));
  }
  for (const device of users.all) await device.client.conversation(group).markRead();
  for (const device of users.all) {
    await eventually('all is read', () => device.client.conversation(group).item.getSnapshot()?.unread === 0);
  }
});
