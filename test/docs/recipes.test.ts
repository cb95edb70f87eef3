import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeploymentError, type Storage, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { testServer, until } from '@tidemark/testkit/application';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { tellShipped } from '../../examples/recipes/bot.ts';
import { shutDown } from '../../examples/recipes/graceful-shutdown.ts';
import { logEvents } from '../../examples/recipes/logging.ts';
import { migrate } from '../../examples/recipes/migrate.ts';
import { createApp, type User } from '../../examples/recipes/roles.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

const roles = new Map<string, User['role']>();

/** The application of the recipe, with the role that each user has at the moment. */
function shop(storage: Storage = memoryStorage()) {
  return createApp(storage, async (userId) => roles.get(userId) ?? 'member');
}

const contextOf = (id: string) => ({ user: { id, role: roles.get(id) ?? 'member' } });
const text = (words: string) => ({ type: 'text', content: { text: words } }) as const;

async function openShop() {
  roles.clear();
  return testServer(() => ({
    ...shop(),
    createContext: ({ info }) => contextOf(info.connectionParams?.['token'] ?? ''),
  }));
}

test('roles: guests read and do not write, and whoever is suspended does neither', async () => {
  await using server = await openShop();
  const [phone, laptop] = [server.device('alice'), server.device('bob')];
  const alice = phone.client(phone.trpc.chat, { contentTypes: ['text'] });
  const bob = laptop.client(laptop.trpc.chat, { contentTypes: ['text'] });
  await alice.direct('bob').send(text('welcome')).receipt;
  await until(() => bob.unread.getSnapshot() === 1);
  roles.set('bob', 'guest');
  await expect(bob.direct('alice').send(text('hello')).receipt).rejects.toMatchObject({
    code: 'forbidden',
    detail: 'guests may read, and not write',
  });
  await bob.direct('alice').markRead();
  roles.set('carol', 'suspended');
  const theirs = server.device('carol');
  await expect(theirs.trpc.chat.conversations.list.query({})).rejects.toThrow('your account is suspended');
});

test('bot: a job that runs twice has told the customer once', async () => {
  roles.clear();
  const app = shop();
  const bot = app.messaging;
  const order = { id: 'A-17', customer: 'alice' };
  const first = await tellShipped(bot, 'shop', order);
  expect(await tellShipped(bot, 'shop', order)).toMatchObject({ conversationSeq: first.conversationSeq });
  const next = await tellShipped(bot, 'shop', { ...order, id: 'A-18' });
  expect(next.conversationSeq).toBe(first.conversationSeq + 1);
  await app.messaging.close();
});

test('logging: what needs a person is an error, what passes a warning', async () => {
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    lines.push(`${level} ${message} ${'what' in fields ? fields.what : ''}`.trim());
  let failures = 1;
  const memory = memoryStorage();
  const storage = {
    ...memory,
    open: async () => {
      failures -= 1;
      if (failures >= 0) throw new UnavailableError('starting up');
    },
  };
  const { messaging } = shop(storage);
  const end = logEvents(messaging, { info: write('info'), warn: write('warn'), error: write('error') });
  await messaging.ready();
  await until(() => lines.includes('info tidemark takeover'));
  expect(lines).toContain('warn tidemark retried open');
  end();
  const before = lines.length;
  await messaging.close();
  expect(lines).toHaveLength(before);
});

test('graceful shutdown: sockets are closed with 1012, and nothing new is taken', async () => {
  roles.clear();
  const app = shop();
  const server = createServer();
  app.messaging.attach(server, { router: app.router, createContext: () => contextOf('alice') });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/trpc`);
  await once(socket, 'open');
  const closed = once(socket, 'close') as Promise<[number]>;
  await shutDown(server, app.messaging);
  expect((await closed)[0]).toBe(1012);
  const refused = once(connect(port, '127.0.0.1'), 'connect');
  await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('migrate: a process that only checks starts when the job has run, and not before', async () => {
  const folder = await makeTempFolder();
  const path = join(folder, 'chat.db');
  try {
    const early = shop(sqliteStorage({ path, migrate: 'check' }));
    await expect(early.messaging.ready()).rejects.toBeInstanceOf(DeploymentError);
    await early.messaging.close();
    await migrate(sqliteStorage({ path }));
    // Again does no harm.
    await migrate(sqliteStorage({ path }));
    const late = shop(sqliteStorage({ path, migrate: 'check' }));
    await late.messaging.ready();
    await late.messaging.close();
  } finally {
    await removeTempFolder(folder);
  }
});

test('nginx: the configuration is one, by nginx itself where it is installed, and passes on what the gate looks at', async () => {
  const path = fileURLToPath(new URL('../../examples/recipes/nginx.conf', import.meta.url));
  const config = await readFile(path, 'utf8');
  const statements = config
    .replace(/#.*$/gm, '')
    .split(/[;{}]/)
    .map((each) => each.trim());
  for (const needed of ['proxy_http_version 1.1', 'proxy_set_header Upgrade $http_upgrade', 'proxy_buffering off']) {
    expect(statements).toContain(needed);
  }
  expect(config.split('{').length).toBe(config.split('}').length);
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const nginx = places.map((folder) => join(folder, 'nginx')).find((each) => existsSync(each));
  // Folders of the installation may be closed to us: nginx says of the syntax before it looks at them.
  if (nginx) expect(spawnSync(nginx, ['-t', '-c', path], { encoding: 'utf8' }).stderr).toContain('syntax is ok');
});
