import { existsSync, mkdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createMessaging } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { type Context, createAppRouter } from './app-router.ts';
import { content } from './content.ts';
import { bearerOf, httpHandler } from './http.ts';
import { openPeople } from './people.ts';
import { openSessions } from './sessions.ts';

export interface ChatServerOptions {
  /** Where messages, people and the secret of the sessions are kept; made when it is missing. */
  readonly folder: string;
  /** 0: any free one. */
  readonly port: number;
  /** Answers whatever is neither messaging nor sign-in: the page. */
  readonly page: RequestListener;
  /** Begins anew: removes what the folder holds of earlier runs. */
  readonly reset?: boolean;
  /** Writes what a new database begins with, to the path it is given. */
  readonly prepare?: ((path: string) => Promise<void>) | undefined;
}

/** One process, one SQLite file: what a team starts with. Rejects with `EADDRINUSE` when the port is taken. */
export async function startChatServer({ folder, port, page, reset, prepare }: ChatServerOptions) {
  let answer: RequestListener = starting;
  const server: Server = createServer((request, response) => answer(request, response));
  // Before anything is opened: a second server on the same folder must not touch it.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  mkdirSync(folder, { recursive: true });
  const [path, peoplePath, secretPath] = [join(folder, 'chat.db'), join(folder, 'people.json'), join(folder, 'secret')];
  if (reset) {
    await removeDatabase(path);
    for (const file of [peoplePath, secretPath]) await rm(file, { force: true });
  }
  const people = openPeople(peoplePath);
  const sessions = openSessions(secretPath);
  if (prepare) await prepareDatabase(path, prepare);
  const messaging = createMessaging({ content, storage: sqliteStorage({ path }) });
  messaging.on('dead-lettered', ({ reason }) => console.error('a command was parked:', reason));
  await messaging.ready();
  const router = createAppRouter(messaging, people);
  const contextOf = (token: string | null | undefined): Context => {
    const id = sessions.verify(token);
    if (id === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' });
    return { user: { id } };
  };
  messaging.attach(server, { router, createContext: ({ info }) => contextOf(info.connectionParams?.['token']) });
  // The same where WebSocket is blocked.
  const calls = createHTTPHandler({
    router,
    basePath: '/trpc/',
    createContext: async ({ req }) => contextOf(bearerOf(req)),
  });

  answer = httpHandler({ sessions, people, calls, page });

  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a browser is told that comes before the first conversations are written. */
const starting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', refresh: '1' }).end('<p>Starting …');
};

/** A mark stands beside the database until it is whole, so that a start cut short begins anew. */
async function prepareDatabase(path: string, prepare: (path: string) => Promise<void>): Promise<void> {
  const unfinished = `${path}.unfinished`;
  if (existsSync(path) && !existsSync(unfinished)) return;
  await removeDatabase(path);
  await writeFile(unfinished, '');
  await prepare(path);
  await rm(unfinished);
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
}
