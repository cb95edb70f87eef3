import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');

test("the README's whole program is that of examples/quickstart/hello.ts", async () => {
  const [, code] = /## A whole program\n\n```ts\n([\s\S]*?)\n```/.exec(await read('README.md')) ?? [];
  expect(code).toBe((await read('examples/quickstart/hello.ts')).trimEnd());
});

test('and it runs: stored, seen by the other client, and at an end', async () => {
  const program = fileURLToPath(new URL('examples/quickstart/hello.ts', root));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', program], {
    cwd: fileURLToPath(root),
  });
  expect(stdout.trim().split('\n').sort()).toEqual(['bob sees an order of 42', 'stored as message 2 of d:alice,bob']);
});

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
