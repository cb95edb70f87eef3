import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../../examples/chat-web/build-page.ts';
import { bundledProgram } from './bundled-program.ts';
import { freePort } from './services/free-port.ts';
import { makeTempFolder, removeTempFolder } from './services/temp-folder.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = new URL('./run-chat-web.ts', import.meta.url);

/** The chat of examples/chat-web, its page and its server built from the sources of the packages. */
export interface ChatWeb extends AsyncDisposable {
  /** `http://localhost:<port>`, the same after a restart. */
  readonly url: string;
  /** The SQLite file of its messages; write to it while the server is killed. */
  readonly database: string;
  /** Kills the server as `kill -9` does, and resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data, and resolves when it serves. */
  restart(): Promise<void>;
}

export interface ChatWebOptions {
  /** Begins with the conversations of the demonstration; else with none. */
  readonly seeded?: boolean;
  /** A folder that is served in place of the page. */
  readonly page?: string;
}

export async function startChatWeb({ seeded = false, ...options }: ChatWebOptions = {}): Promise<ChatWeb> {
  const folder = await makeTempFolder();
  const [page, program] = await Promise.all([options.page ?? builtPage(), bundledProgram(PROGRAM)]);
  const data = join(folder, 'data');
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = [`--folder=${data}`, `--port=${port}`, `--page=${page}`, ...(seeded ? ['--seeded'] : [])];
    const started = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
      cwd: CHECKOUT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child = started;
    const ended = once(started, 'exit').then(([code]) => {
      throw new Error(`the chat server ended with code ${code}`);
    });
    await Promise.race([once(createInterface({ input: started.stdout }), 'line'), ended]);
    // It may end now: a test that kills it expects that.
    ended.catch(() => undefined);
  }

  async function kill9(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  await start();
  return {
    url: `http://localhost:${port}`,
    database: join(data, 'chat.db'),
    kill9,
    restart: async () => {
      await kill9();
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await kill9();
      removeTempFolder(folder);
    },
  };
}

let page: Promise<string> | undefined;

/** The folder of the page, which this process builds when it is first asked for. */
function builtPage(): Promise<string> {
  const build = async (): Promise<string> => {
    const folder = await makeTempFolder();
    await buildPage(folder, sources());
    return folder;
  };
  page ??= build();
  return page;
}

/** Names of our packages to their sources, as tsconfig.json has them. */
function sources(): { find: RegExp; replacement: string }[] {
  const { compilerOptions } = JSON.parse(readFileSync(join(CHECKOUT, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: { paths: Record<string, [string]> };
  };
  return Object.entries(compilerOptions.paths).map(([name, [file]]) => ({
    find: new RegExp(`^${name}$`),
    replacement: join(CHECKOUT, file),
  }));
}
