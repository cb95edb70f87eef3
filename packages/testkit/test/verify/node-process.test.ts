import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PATIENCE_MS } from '../../../../test/support/patience.ts';
import { type NodeProcess, nodeProcess } from '../../src/verify/node-process.ts';

/** Programs in one file each, since Node cannot run the sources. */
let programs: string;
let program: string;
let parentProgram: string;
beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'tidemark-node-process-'));
  await build({
    entryPoints: [
      fileURLToPath(new URL('./echo-program.ts', import.meta.url)),
      fileURLToPath(new URL('./parent-program.ts', import.meta.url)),
    ],
    outdir: programs,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  [program, parentProgram] = [join(programs, 'echo-program.mjs'), join(programs, 'parent-program.mjs')];
});
afterAll(() => rm(programs, { recursive: true, force: true }));

const started: NodeProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) await child[Symbol.asyncDispose]();
});

async function startEcho() {
  const seen: string[] = [];
  const child = await nodeProcess({
    name: 'echo',
    args: [program],
    env: (life) => ({ ECHO_LIFE: `${life}` }),
    failpoints: ['at-work'],
    observer: {
      started: (target, pid) => seen.push(`${target} ${pid > 0 ? 'started' : '?'}`),
      ended: (target, signal, unexpected) => seen.push(`${target} ${signal}${unexpected ? ' unexpectedly' : ''}`),
    },
  });
  started.push(child);
  return { child, seen };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has reaped is as dead as it gets.
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('it answers what it is asked, and tells of calls that fail and that it does not know', async () => {
  const { child } = await startEcho();
  expect(await child.call('echo', { a: [1, null] })).toEqual({ a: [1, null] });
  await expect(child.call('fail')).rejects.toThrow('as it was told');
  await expect(child.call('nonsense')).rejects.toThrow('there is no call nonsense');
  await expect(child.call('hang', null, 100)).rejects.toThrow('echo did not answer hang in 100 ms');
});

test('a killed one is gone at once, its callers are told, and it starts again with its next life', async () => {
  const { child, seen } = await startEcho();
  const hanging = child.call('hang').catch((error: unknown) => String(error));
  await child.kill9();
  expect(child.pid).toBeUndefined();
  expect(await hanging).toContain('echo ended');
  await expect(child.call('echo', 1)).rejects.toThrow('echo does not run');
  await child.kill9();
  await child.ensureRunning();
  await child.ensureRunning();
  expect(await child.call('life')).toBe('2');
  expect(seen).toEqual(['echo started', 'echo SIGKILL', 'echo started']);
});

test('a paused one keeps silent, and closes for a restart all the same', async () => {
  const { child } = await startEcho();
  await child.pause();
  await expect(child.call('echo', 1, 200)).rejects.toThrow('did not answer');
  await child.resume();
  expect(await child.call('echo', 2)).toBe(2);
  await child.pause();
  await child.restart();
  expect(await child.call('life')).toBe('2');
});

test('an armed one dies at its point and not before, and that is no unexpected end', async () => {
  const { child, seen } = await startEcho();
  await child.armFailpoint('at-work');
  await child.armFailpoint(null);
  expect(await child.call('work')).toBe('done');
  await child.armFailpoint('at-work');
  expect(await child.endsWithin(50)).toBe(false);
  child.call('work').catch(() => {});
  expect(await child.endsWithin(PATIENCE_MS)).toBe(true);
  expect(seen).toEqual(['echo started', 'echo SIGKILL']);
});

test('one that is armed to pause stands still at its point, once, and goes on from there', async () => {
  const { child, seen } = await startEcho();
  await child.armFailpoint('at-work', 'pause');
  expect(await child.call('echo', 1)).toBe(1);
  const work = child.call('work');
  await expect(child.call('echo', 2, 200)).rejects.toThrow('did not answer');
  await child.resume();
  expect(await work).toBe('done');
  expect(await child.call('work')).toBe('done');
  expect(seen).toEqual(['echo started']);
});

test('nobody starts it while it is held down, however many ask', async () => {
  const { child, seen } = await startEcho();
  const starting = child.restart();
  await child.whileDown(async () => {
    void child.ensureRunning();
    void child.restart();
    // As long as a start takes at least.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(child.pid).toBeUndefined();
    seen.push('held down');
  });
  await starting;
  await child.ensureRunning();
  const after = seen.slice(seen.indexOf('held down'));
  expect(after.slice(0, 2)).toEqual(['held down', 'echo started']);
  expect(child.pid).toBeDefined();
});

test('one that ends by itself is told of as unexpected', async () => {
  const { child, seen } = await startEcho();
  child.call('exit', 3).catch(() => {});
  expect(await child.endsWithin(PATIENCE_MS)).toBe(true);
  expect(seen).toEqual(['echo started', 'echo code 3 unexpectedly']);
});

test('a program that cannot start is an error with what it printed', async () => {
  const failing = nodeProcess({
    name: 'broken',
    args: ['--eval', 'throw new Error("not today")'],
    observer: { started: () => {}, ended: () => {} },
  });
  await expect(failing).rejects.toThrow(/broken did not start[\s\S]*not today/);
});

test.each([
  { state: 'runs', args: [] },
  // Elsewhere a stopped process has to be ended by hand.
  ...(process.platform === 'linux' ? [{ state: 'is stopped', args: ['--pause'] }] : []),
])('a child that $state ends when its run is killed', async ({ args }) => {
  const parent = spawn(process.execPath, [parentProgram, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid)).toBe(false);
});
