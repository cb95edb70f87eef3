import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CLOSE_CODES, createMessaging } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { createAppRouter } from './app-router.ts';
import { answerClientErrors } from './client-errors.ts';
import { content } from './content.ts';
import { bearerOf, httpHandler } from './http.ts';
import { knownPeopleOnly } from './known-people.ts';
import { LimitReports, type ReachedLimit } from './limit-reports.ts';
import { type ChatLimits, DEFAULT_CHAT_LIMITS } from './limits.ts';
import { OpenConnections } from './open-connections.ts';
import { openPeople } from './people.ts';
import { makePrivateDatabase, makePrivateFolder } from './private-files.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { openSessions, type Session } from './sessions.ts';
import { openUploads } from './uploads.ts';

export interface ChatServerOptions {
  /** Where messages, people and sessions are kept; made when it is missing, for the user who runs the server alone. */
  readonly folder: string;
  /** 0: any free one. */
  readonly port: number;
  /** Answers whatever is neither messaging nor sign-in: the page. */
  readonly page: RequestListener;
  /** Begins anew: removes what the folder holds of earlier runs. */
  readonly reset?: boolean;
  /** Writes what a new database begins with, to the path it is given. */
  readonly prepare?: ((path: string) => Promise<void>) | undefined;
  readonly limits?: Partial<ChatLimits>;
  /** Hears of what a limit refused, the chat's or messaging's; at most once a second for each limit and caller. Default: a line on the console. */
  readonly onLimitReached?: (event: ReachedLimit) => void;
}

/** How often connections are looked for whose session has expired. */
const SWEEP_MS = 60_000;

/** One process, one SQLite file: what a team starts with. Rejects with `EADDRINUSE` when the port is taken. */
export async function startChatServer({ folder, port, page, reset, prepare, ...options }: ChatServerOptions) {
  const limits = { ...DEFAULT_CHAT_LIMITS, ...options.limits };
  const onLimitReached = options.onLimitReached ?? logReachedLimit;
  const reports = new LimitReports(onLimitReached);
  let answer: RequestListener = starting;
  // Shorter than Node's own: a request that trickles in holds a socket. A missing Host is answered by the handler.
  const http = { headersTimeout: 10_000, requestTimeout: 30_000, requireHostHeader: false };
  const server = createServer(http, (request, response) => answer(request, response));
  answerClientErrors(server);
  // Before anything is opened: a second server on the same folder must not touch it.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  makePrivateFolder(folder);
  const database = join(folder, 'chat.db');
  const [peopleFile, sessionsFile] = [join(folder, 'people.json'), join(folder, 'sessions.json')];
  const uploadFolder = join(folder, 'uploads');
  if (reset) {
    await removeDatabase(database);
    for (const file of [peopleFile, sessionsFile, uploadFolder]) await rm(file, { force: true, recursive: true });
  }
  if (prepare) await prepareDatabase(database, prepare);
  makePrivateDatabase(database);

  const people = openPeople(peopleFile, limits);
  const connections = new OpenConnections();
  const sessions = openSessions(sessionsFile, limits, (session, why) => {
    if (why === 'displaced') reports.reached('sessionsPerUser', { userId: session.userId });
    connections.close(session, CLOSE_CODES[why === 'expired' ? 'unauthenticated' : 'ended'], why);
  });
  const sweeping = setInterval(sessions.sweep, SWEEP_MS).unref();
  const sessionOf = (token: string | null | undefined): Session => {
    const session = sessions.find(token);
    if (!session) throw new TRPCError({ code: 'UNAUTHORIZED' });
    return session;
  };

  const messaging = createMessaging({
    content,
    storage: sqliteStorage({ path: database }),
    authorize: knownPeopleOnly(people),
  });
  messaging.on('dead-lettered', ({ reason }) => console.error('a command was parked:', reason));
  messaging.on('limit-reached', onLimitReached);
  const uploads = openUploads(uploadFolder, limits);
  // A message that was taken back leaves no file.
  messaging.on('erased', ({ messages }) => {
    for (const ref of messages.flatMap(({ contents }) => contents.flatMap(refsIn))) void uploads.remove(ref);
  });
  await messaging.ready();
  const router = createAppRouter(messaging, people, limits.ownCalls, reports);
  messaging.attach(server, {
    router,
    createContext: ({ info, res: socket }) => {
      const session = sessionOf(info.connectionParams?.['token']);
      socket.once(
        'close',
        connections.add(session, (code, reason) => socket.close(code, reason)),
      );
      return { user: { id: session.userId } };
    },
  });
  // The same where WebSocket is blocked.
  const calls = createHTTPHandler({
    router,
    basePath: '/trpc/',
    createContext: async ({ req }) => ({ user: { id: sessionOf(bearerOf(req)).userId } }),
    maxBodySize: limits.bodyBytes,
    maxBatchSize: limits.callsPerRequest,
    // A body that did not say how long it is.
    onError: ({ error, ctx }) => {
      if (error.code === 'PAYLOAD_TOO_LARGE') reports.reached('bodyBytes', { userId: ctx?.user.id });
    },
  });

  answer = httpHandler({ sessions, people, connections, limits, reports, uploads, calls, page });

  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      clearInterval(sweeping);
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The uploads that a message names. */
function refsIn({ content }: { readonly content: unknown }): string[] {
  const { file } = content as { readonly file?: { readonly ref?: unknown } };
  return typeof file?.ref === 'string' ? [file.ref] : [];
}

function logReachedLimit({ limit, userId, address }: ReachedLimit): void {
  console.warn(`${limit}:`, userId ?? address ?? '');
}

/** What a browser gets that comes before the first conversations are written. */
const starting: RequestListener = (_request, response) => {
  setSecurityHeaders(response);
  response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', refresh: '1' }).end('<p>Starting …');
};

/** A mark stands beside the database until it is whole, so that a start cut short begins anew. */
async function prepareDatabase(path: string, prepare: (path: string) => Promise<void>): Promise<void> {
  const unfinished = `${path}.unfinished`;
  if (existsSync(path) && !existsSync(unfinished)) return;
  await removeDatabase(path);
  await writeFile(unfinished, '', { mode: 0o600 });
  makePrivateDatabase(path);
  await prepare(path);
  await rm(unfinished);
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
}
