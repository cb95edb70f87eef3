import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import type { People } from './people.ts';
import type { Sessions } from './sessions.ts';

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
  /** The router's procedures, below `/trpc/`. */
  readonly calls: RequestListener;
  readonly page: RequestListener;
}

/** What comes over HTTP: sign-in, renewal of tokens, calls where WebSocket is blocked, and the page. */
export function httpHandler({ sessions, people, calls, page }: HttpParts): RequestListener {
  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (request.method === 'POST' && path === '/sign-in') {
      answer(response, async () => {
        const { name } = (await bodyOf(request)) as { name?: unknown };
        const person = typeof name === 'string' ? people.find(name) : undefined;
        if (!person) return [400, { error: 'A name needs a letter or a digit.' }];
        return [200, { ...person, token: sessions.issue(person.id) }];
      });
    } else if (request.method === 'POST' && path === '/renew') {
      answer(response, async () => {
        const token = sessions.renew(bearerOf(request));
        return token === undefined ? [401, { error: 'Sign in again.' }] : [200, { token }];
      });
    } else if (path.startsWith('/trpc/')) {
      calls(request, response);
    } else {
      page(request, response);
    }
  };
}

export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return headers.authorization?.replace(/^Bearer /, '');
}

/** Serves the files of a folder; every other path is the page itself. */
export function folderHandler(folder: string): RequestListener {
  return (request, response) => {
    serve(folder, request, response).catch(() => response.destroy());
  };
}

async function serve(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
  const asked = join(folder, path);
  const found = asked.startsWith(folder + sep) && (await stat(asked).catch(() => undefined))?.isFile() === true;
  const file = found ? asked : join(folder, 'index.html');
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    // Names of assets hold a hash of what is in them.
    'cache-control': found && path.startsWith(`${sep}assets`) ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  createReadStream(file).pipe(response);
}

function answer(response: ServerResponse, work: () => Promise<[status: number, body: object]>): void {
  work()
    .catch((): [number, object] => [400, { error: 'The request could not be read.' }])
    .then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    })
    .catch(() => response.destroy());
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 10_000) throw new Error('too long');
  }
  return JSON.parse(text);
}
