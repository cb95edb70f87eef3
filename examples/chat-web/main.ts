/**
 * The server of the chat, its page, and what `npm start` prints.
 *
 *   npm start -- [--port 4180] [--data folder] [--reset] [--empty] [--dev]
 */
import type { RequestListener } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPage } from './build-page.ts';
import { startChatServer } from './server/chat-server.ts';
import { folderHandler } from './server/http.ts';
import { seed } from './server/seed.ts';

const USAGE = `usage: npm start -- [--port 4180]    0: any free one
                    [--data folder]  where messages are kept (default: examples/chat-web/data)
                    [--reset]        begin anew: removes what is kept there
                    [--empty]        no conversations to begin with
                    [--dev]          the page from its sources, reloaded as they change`;

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4180' },
    data: { type: 'string', default: join(here, 'data') },
    reset: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
    dev: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const port = Number(values.port);
if (values.help || !Number.isInteger(port) || port < 0 || port > 65_535) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}
const folder = resolve(process.env.INIT_CWD ?? '', values.data);

const built = join(here, 'dist');
let page: RequestListener = folderHandler(built);
if (!values.dev) await buildPage(built);

try {
  const chat = await startChatServer({
    folder,
    port,
    reset: values.reset,
    page: (request, response) => page(request, response),
    prepare: values.empty ? undefined : fillWithTalk,
  });
  if (values.dev) {
    const { createServer } = await import('vite');
    const vite = await createServer({
      root: here,
      server: { middlewareMode: true, hmr: { server: chat.server } },
      appType: 'spa',
    });
    page = (request, response) => {
      // Vite's own client brings inline scripts and styles, into what is served from the sources alone.
      response.removeHeader('content-security-policy');
      vite.middlewares(request, response);
    };
  }
  console.log(`
  Tidemark chat    http://localhost:${chat.port}/

  two people side by side. One in a window of its own: /?user=alice, /?user=bob
  messages are kept in ${folder}
  Ctrl-C ends it
`);
  let isClosing = false;
  const end = (): void => {
    if (isClosing) return;
    isClosing = true;
    chat.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  console.error(`Port ${port} is taken. End what runs there, or choose another: npm start -- --port ${port + 1}`);
  process.exit(1);
}

async function fillWithTalk(path: string): Promise<void> {
  console.log('first start: writing some conversations to look at …');
  await seed(path, Date.now());
}
