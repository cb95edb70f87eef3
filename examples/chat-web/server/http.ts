import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { answerJson, CLOSE, checkLength, jsonBodyOf, Refusal } from './json-requests.ts';
import type { LimitReports, StoppedCaller } from './limit-reports.ts';
import { type ChatLimits, LimitReached } from './limits.ts';
import type { OpenConnections } from './open-connections.ts';
import { NameRefused, type People } from './people.ts';
import { setSecurityHeaders } from './security-headers.ts';
import type { Sessions } from './sessions.ts';
import { TokenBuckets } from './token-buckets.ts';
import type { Uploads } from './uploads.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.map': 'application/json',
};

export interface HttpParts {
  readonly sessions: Sessions;
  readonly people: People;
  readonly connections: OpenConnections;
  readonly limits: ChatLimits;
  readonly reports: LimitReports;
  readonly uploads: Uploads;
  /** The router's procedures, below `/trpc/`. */
  readonly calls: RequestListener;
  readonly page: RequestListener;
}

/** What a request is answered with that a limit stops. */
const STATUS: Readonly<Record<keyof ChatLimits, number>> = {
  signIns: 429,
  ownCalls: 429,
  people: 503,
  sessionsPerUser: 503,
  sessions: 503,
  signInBytes: 413,
  bodyBytes: 413,
  callsPerRequest: 400,
  uploads: 429,
  uploadBytes: 413,
  allUploadBytes: 507,
};

/** As the router itself would answer. */
const UNAUTHORIZED = {
  error: { message: 'UNAUTHORIZED', code: -32001, data: { code: 'UNAUTHORIZED', httpStatus: 401 } },
};

const UPLOADS = '/uploads';

const signInBody = z.object({ name: z.string() });

/** What comes over HTTP: sign-in and sign-out, calls where WebSocket is blocked, and the page. */
export function httpHandler({
  sessions,
  people,
  connections,
  limits,
  reports,
  uploads,
  calls,
  page,
}: HttpParts): RequestListener {
  const signIns = new TokenBuckets(limits.signIns);

  async function signIn(request: IncomingMessage): Promise<object> {
    const wait = signIns.take(addressOf(request));
    if (wait > 0) throw new LimitReached('signIns', 'Too many sign-ins from this address. Try again in a moment', wait);
    const body = signInBody.safeParse(await jsonBodyOf(request, limits, 'signInBytes'));
    if (!body.success) throw new Refusal(400, 'The body must be { "name": string }.');
    const person = people.enter(body.data.name);
    return { ...person, token: sessions.begin(person.id) };
  }

  async function signOut(request: IncomingMessage): Promise<object> {
    const session = sessions.find(bearerOf(request));
    // A second time, too: what was asked for is so.
    if (session) sessions.end(session);
    return {};
  }

  /** Before anything of the body is read. */
  function call(request: IncomingMessage, response: ServerResponse): void {
    allow(request, 'GET', 'HEAD', 'POST');
    const session = sessions.find(bearerOf(request));
    if (!session) {
      answerJson(response, 401, UNAUTHORIZED, CLOSE);
      return;
    }
    checkLength(request, limits, 'bodyBytes');
    if (pathOf(request).split(',').length > limits.callsPerRequest) {
      throw new LimitReached('callsPerRequest', `More than ${limits.callsPerRequest} calls in one request`);
    }
    response.once(
      'close',
      connections.add(session, () => response.destroy()),
    );
    calls(request, response);
  }

  /** Files of messages. The page asks with its token, so that no address of one can be passed on. */
  async function file(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    allow(request, ...(path === UPLOADS ? ['POST'] : ['GET']));
    const session = sessions.find(bearerOf(request));
    if (!session) throw new Refusal(401, 'Sign in first.', CLOSE);
    if (path === UPLOADS) answerJson(response, 200, await uploads.add(request, session.userId));
    else await uploads.serve(path.slice(UPLOADS.length + 1), response);
  }

  function answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    if (request.headers.host === undefined && request.httpVersion === '1.1') throw new Refusal(400, 'No Host.', CLOSE);
    const path = pathOf(request);
    if (path === '/sign-in' || path === '/sign-out') {
      allow(request, 'POST');
      if (request.headers['sec-fetch-site'] === 'cross-site') throw new Refusal(403, 'Not from another site.', CLOSE);
      const work = path === '/sign-in' ? signIn : signOut;
      return work(request).then((body) => answerJson(response, 200, body));
    }
    if (path === UPLOADS || path.startsWith(`${UPLOADS}/`)) return file(request, response, path);
    if (path.startsWith('/trpc/')) call(request, response);
    else page(request, response);
  }

  return (request, response) => {
    setSecurityHeaders(response);
    guarded(response, async () => {
      try {
        await answer(request, response);
      } catch (error) {
        if (error instanceof LimitReached) reports.reached(error.limit, callerOf(request));
        throw error;
      }
    });
  };

  function callerOf(request: IncomingMessage): StoppedCaller {
    const session = sessions.find(bearerOf(request));
    return session ? { userId: session.userId } : { address: addressOf(request) };
  }
}

/** Serves the files of a folder; every other path is the page itself. */
export function folderHandler(folder: string): RequestListener {
  return (request, response) => {
    guarded(response, () => serve(folder, request, response));
  };
}

async function serve(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  allow(request, 'GET', 'HEAD');
  const path = pathOf(request);
  const extension = extname(path);
  const isFile = extension !== '';
  await using file = await openFile(isFile ? join(folder, path) : join(folder, 'index.html'));
  if (!file) throw isFile ? new Refusal(404, 'There is no such file.') : new Refusal(503, 'The page is not built.');
  response.writeHead(200, {
    'content-type': isFile ? (TYPES[extension] ?? 'application/octet-stream') : TYPES['.html'],
    'content-length': (await file.stat()).size,
    // Names of assets hold a hash of what is in them.
    'cache-control': isFile && path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(file.createReadStream({ autoClose: false }), response);
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

/**
 * The path that is asked for, decoded, without `.` and `..` in it. A request target is whatever somebody writes: `//` and `*`
 * are none that `new URL` takes, and escapes may be broken. Throws a {@link Refusal}.
 */
function pathOf({ url = '/' }: IncomingMessage): string {
  const target = url.startsWith('/') ? `http://localhost${url}` : url;
  if (!URL.canParse(target)) throw new Refusal(400, 'That is no address.');
  try {
    const path = decodeURIComponent(new URL(target).pathname);
    // An escaped slash or dot has only come to light now.
    if (/\0|\\|(?:^|\/)\.\.?(?:\/|$)/.test(path)) throw new Refusal(400, 'That is no address.');
    return path.replace(/\/+/g, '/');
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'That is no address.');
  }
}

function allow({ method }: IncomingMessage, ...methods: readonly string[]): void {
  if (methods.includes(method ?? '')) return;
  throw new Refusal(405, `Only ${methods.join(', ')}.`, { allow: methods.join(', '), ...CLOSE });
}

export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return headers.authorization?.replace(/^Bearer /, '');
}

/** Behind a proxy it is the proxy's: take the one that your proxy, and nobody else, writes into a header. */
function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? '';
}

/** Nothing that goes wrong with one request ends the process or stays without an answer. */
function guarded(response: ServerResponse, work: () => void | Promise<void>): void {
  Promise.resolve()
    .then(work)
    .catch((error: unknown) => {
      if (error instanceof Refusal) return answerJson(response, error.status, { error: error.message }, error.headers);
      if (error instanceof NameRefused) return answerJson(response, 400, { error: `${error.message}.` });
      if (error instanceof LimitReached) {
        const { limit, retryAfterMs } = error;
        const retryAfter = retryAfterMs ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } : {};
        return answerJson(response, STATUS[limit], { error: `${error.message}.` }, { ...CLOSE, ...retryAfter });
      }
      // The visitor went away in the middle of it; whatever else is the operator's to know.
      if (!response.destroyed) console.error('a request failed:', error);
      return answerJson(response, 500, { error: 'This did not work.' }, CLOSE);
    });
}
