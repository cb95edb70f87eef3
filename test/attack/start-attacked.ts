import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bundledProgram } from '../support/bundled-program.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';
import type { Scene } from './scene.ts';
import type { Target } from './target.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = new URL('./attacked-server.ts', import.meta.url);
/** A thread of the program's that is no part of its bundle. */
const USAGE_THREAD = fileURLToPath(new URL('./usage-thread.mjs', import.meta.url));
/** CPU milliseconds of the calibration on the machine for which the costs in the tables were chosen. */
const REFERENCE_MS = 60;

/** What the server process says once it serves. */
export interface Started {
  readonly port: number;
  readonly usagePort: number;
  readonly calibrationMs: number;
  readonly scene: Scene;
}

export interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly peakMb: number;
}

export interface Attacked extends AsyncDisposable {
  readonly port: number;
  readonly scene: Scene;
  /** How many times slower than the reference this machine is, at least 1. */
  readonly slowness: number;
  readonly hasEnded: boolean;
  /** Since its start; the peak since the last call. Answers also while the server is busy. */
  usage(): Promise<Usage>;
  /** Collects its garbage, so that one attack does not pay with the memory of the one before. */
  collect(): Promise<void>;
}

export async function startAttacked(target: Target): Promise<Attacked> {
  const folder = await makeTempFolder();
  const child = spawn(
    process.execPath,
    [
      '--enable-source-maps',
      '--expose-gc',
      '--max-old-space-size=2048',
      await bundledProgram(PROGRAM),
      JSON.stringify(target),
      folder,
      USAGE_THREAD,
    ],
    { cwd: CHECKOUT, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const ended = once(child, 'exit');
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const [started] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => {
      throw new Error(`the server to be attacked ended with code ${code}`);
    }),
  ])) as [Started];
  const { port, usagePort, calibrationMs, scene } = started;
  return {
    port,
    scene,
    slowness: Math.max(1, calibrationMs / REFERENCE_MS),
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    usage: async () => (await fetch(`http://127.0.0.1:${usagePort}`)).json() as Promise<Usage>,
    collect: async () => {
      child.send('collect');
      await once(child, 'message');
    },
    [Symbol.asyncDispose]: async () => {
      kill();
      await ended;
      process.off('exit', kill);
      removeTempFolder(folder);
    },
  };
}
