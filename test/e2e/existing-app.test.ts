import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundledProgram } from '../support/bundled-program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function run(env: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> {
  const program = await bundledProgram(new URL('../../examples/existing-app/main.ts', import.meta.url));
  return promisify(execFile)(process.execPath, [program], {
    cwd: root,
    env: { ...process.env, ...env },
  });
}

test('an Express application keeps its own router, and its users talk about an order', async () => {
  const { stdout } = await run({ AUTH_SECRET: randomBytes(32).toString('hex') });
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toMatch(/\/trpc over HTTP and WebSocket$/);
  expect(lines[1]).toMatch(/^alice placed A-10 at \d{4}-/);
  expect(lines.slice(2)).toEqual(['bob reads: look what I bought', 'bob sees order A-10: 42']);
});

test('it refuses to start without a secret', async () => {
  await expect(run({ AUTH_SECRET: '' })).rejects.toThrow('AUTH_SECRET must be set');
});
