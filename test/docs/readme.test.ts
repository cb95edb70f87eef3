import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');

const quickstart = (file: string) => fileURLToPath(new URL(`examples/quickstart/${file}`, root));

test.each(['server.ts', 'client.ts'])("the README's %s is that of examples/quickstart", async (file) => {
  const code = new RegExp(`\n\`${file}\`: [^\n]*\n\n\`\`\`ts\n([\\s\\S]*?)\n\`\`\``).exec(await read('README.md'))?.[1];
  expect(code).toBe((await read(`examples/quickstart/${file}`)).trimEnd());
});

test('and they run: stored, and seen by the other client', async () => {
  await using server = program('server.ts');
  await vi.waitFor(() => expect(isListening(3210)).resolves.toBe(true), { timeout: PATIENCE_MS });
  await using client = program('client.ts');
  const said = ['bob sees an order of 42', 'stored as message 2 of d:alice,bob'];
  await vi.waitFor(() => expect(client.lines().sort()).toEqual(said), { timeout: PATIENCE_MS });
  expect(server.lines()).toEqual([]);
});

/** A program of the README, which runs until it is killed. */
function program(file: string) {
  const running = spawn(process.execPath, ['--import=tsx', quickstart(file)], { cwd: fileURLToPath(root) });
  const ended = once(running, 'exit');
  let output = '';
  for (const stream of [running.stdout, running.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return {
    lines: () => output.split('\n').filter((line) => line !== ''),
    [Symbol.asyncDispose]: async () => {
      running.kill('SIGKILL');
      await ended;
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

test("the testkit's page shows the test that runs in packages/testkit/test/application", async () => {
  const [, code] = /```ts\n([\s\S]*?)\n```/.exec(await read('packages/testkit/README.md')) ?? [];
  expect(code).toBe((await read('packages/testkit/test/application/order-updates.test.ts')).trimEnd());
});

test("the page on backups shows the operator's step of examples/recipes", async () => {
  const [, code] = /```ts\n([\s\S]*?)\n```/.exec(await read('docs/backup.md')) ?? [];
  expect(code).toBe((await read('examples/recipes/new-epoch.ts')).trimEnd());
});

test('every file that a page names exists', async () => {
  for (const page of ['README.md', 'ARCHITECTURE.md', 'PROTOCOL.md', 'docs/backup.md', 'packages/server/README.md']) {
    for (const [, link = ''] of (await read(page)).matchAll(/\]\((?!http|#)([^)#]+)/g)) {
      await expect(
        readFile(new URL(link, new URL(page, root))).catch((error: NodeJS.ErrnoException) => error.code),
        `${page}: ${link}`,
      ).resolves.not.toBe('ENOENT');
    }
  }
});
