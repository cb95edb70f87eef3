import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePrograms } from '../../test/verify/bundle.ts';
import { type Answer, type Call, PROGRAM_SETTINGS } from './answer-calls.ts';

/** A Node program in a process of its own, so that what it uses can be read from /proc. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Runs the handler of that name in the program (see `answerCalls`), and resolves with what it returns. */
  call<Result>(name: string, argument?: unknown): Promise<Result>;
}

export interface ProgramOptions {
  /** What `programSettings` returns in the program; plain data. */
  readonly settings?: unknown;
  /** Such as `--expose-gc`. */
  readonly nodeArgs?: readonly string[];
}

/** The environment variable with a folder for CPU profiles; absent or empty: none are made. */
const PROFILES = 'TIDEMARK_BENCH_PROFILES';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 8_000;

const running = new Set<ChildProcess>();
const bundles = new Map<string, Promise<string>>();
const folders: string[] = [];
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Bundles the program (once), starts it, and resolves when it has called `answerCalls`. Disposing of it ends it. */
export async function startProgram(source: URL, options: ProgramOptions = {}): Promise<Program> {
  const name = source.pathname.split('/').at(-1) ?? 'program';
  const profiles = process.env[PROFILES];
  const child = spawn(
    process.execPath,
    [
      '--enable-source-maps',
      ...(profiles
        ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.${Date.now()}.cpuprofile`]
        : []),
      ...(options.nodeArgs ?? []),
      await bundleOf(source),
    ],
    {
      // What a program prints is for people: a bench's standard output is its result.
      stdio: ['ignore', 2, 2, 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, NODE_ENV: 'production', [PROGRAM_SETTINGS]: JSON.stringify(options.settings ?? {}) },
    },
  );
  running.add(child);

  let calls = 0;
  let ended: Error | undefined;
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const exit = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    ended = new Error(`${name} ended with ${signal ?? `code ${code}`}`);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} was not ready within ${START_TIMEOUT_MS} ms`));
    }, START_TIMEOUT_MS);
    child.on('message', (answer: Answer) => {
      if ('ready' in answer) {
        clearTimeout(late);
        resolve();
        return;
      }
      const call = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('error' in answer) call?.reject(new Error(`${name}: ${answer.error}`));
      else call?.resolve(answer.result);
    });
    void exit.then(() => {
      clearTimeout(late);
      reject(ended);
    });
  });

  return {
    pid: child.pid as number,
    call: <Result>(handler: string, argument?: unknown) =>
      new Promise<Result>((resolve, reject) => {
        if (ended) {
          reject(ended);
          return;
        }
        calls += 1;
        waiting.set(calls, { resolve: resolve as (value: unknown) => void, reject });
        child.send({ id: calls, name: handler, argument } satisfies Call);
      }),
    [Symbol.asyncDispose]: async () => {
      if (ended) return;
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exit;
      clearTimeout(kill);
    },
  };
}

/** Bundled as a deployment does, so that no compiler runs within what is measured. */
async function bundleOf(source: URL): Promise<string> {
  const bundle = bundles.get(source.href) ?? makeBundle(source);
  bundles.set(source.href, bundle);
  return bundle;
}

async function makeBundle(source: URL): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-program-'));
  folders.push(folder);
  const [path] = await bundlePrograms([source], folder);
  return path as string;
}
