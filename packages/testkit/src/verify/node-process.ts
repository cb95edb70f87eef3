import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessObserver } from './configuration.ts';
import type { FailingProcess } from './system.ts';

/**
 * A Node program of the run in a process of its own. Between the two, over the IPC channel:
 *
 *  - it sends `{ ready: true }` when it serves; everything before is its start.
 *  - it is sent `{ call: number, name: string, value: … }` and answers `{ call, result }` or `{ call, error }`.
 *  - it ends by itself when the channel closes, for then the run is over, however it ended.
 *
 * {@link answerCalls} is the other end.
 */
export interface NodeProcess extends FailingProcess, AsyncDisposable {
  /** Rejects when it does not run, dies meanwhile, or does not answer in time. */
  call<T>(name: string, value?: unknown, timeoutMs?: number): Promise<T>;
  /** Kills it with SIGKILL, takes the step while nobody can start it, and starts it again. */
  whileDown(step: () => Promise<void>): Promise<void>;
}

export interface NodeProcessOptions {
  readonly name: string;
  /** What follows `node` on the command line. */
  readonly args: readonly string[];
  /** Variables beside the run's own. `life` counts the starts of this process, from 1. */
  readonly env?: (life: number) => Readonly<Record<string, string>>;
  readonly observer: ProcessObserver;
  readonly failpoints?: readonly string[];
  /** Default 60,000. */
  readonly startTimeoutMs?: number;
  /** How long a closing process may take before it is killed. Default 10,000. */
  readonly closeTimeoutMs?: number;
}

const OUTPUT_KEPT = 16_384;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One life of the process. */
interface Life {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly answers: Map<number, (answer: { result?: unknown; error?: string }) => void>;
  /** Its end was asked for. */
  expected: boolean;
  armed: boolean;
  paused: boolean;
  output: string;
}

/** Starts it and resolves when it is ready. */
export async function nodeProcess(options: NodeProcessOptions): Promise<NodeProcess> {
  const { name, observer, startTimeoutMs = 180_000, closeTimeoutMs = 10_000 } = options;
  let life: Life | undefined;
  /** Starts and ends come one after the other, whoever asks for them. */
  let turn: Promise<unknown> = Promise.resolve();
  let calls = 0;
  let lives = 0;
  let disposed = false;

  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const next = turn.then(step);
    turn = next.catch(() => undefined);
    return next;
  }

  function launch(): Life {
    const { command, args } = dyingWithUs(process.execPath, options.args);
    lives += 1;
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env?.(lives) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(child);
    let ended = (): void => {};
    const own: Life = {
      child,
      ended: new Promise((resolve) => (ended = resolve)),
      answers: new Map(),
      expected: false,
      armed: false,
      paused: false,
      output: '',
    };
    const keep = (chunk: Buffer): void => {
      own.output = (own.output + chunk.toString()).slice(-OUTPUT_KEPT);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => keep(Buffer.from(String(error))));
    child.on('message', (message) => {
      const { call, ...answer } = message as { call?: number; result?: unknown; error?: string };
      if (call !== undefined) own.answers.get(call)?.(answer);
    });
    // `close`, not `exit`: what it printed last is then read.
    child.once('close', (code, signal) => {
      running.delete(child);
      if (life === own) life = undefined;
      for (const answer of own.answers.values()) answer({ error: `${name} ended` });
      const byFailpoint = own.armed && signal === 'SIGKILL';
      const unexpected = !own.expected && !byFailpoint;
      observer.ended(name, signal ?? (code === 0 ? null : `code ${code}`), unexpected);
      if (unexpected && own.output !== '') process.stderr.write(`${name} ended by itself:\n${own.output}\n`);
      ended();
    });
    return own;
  }

  async function start(): Promise<void> {
    if (disposed || life) return;
    const own = launch();
    life = own;
    let deadline: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        own.child.on('message', (message) => {
          if ((message as { ready?: boolean }).ready) resolve();
        });
        void own.ended.then(() => reject(new Error('it ended')));
        deadline = setTimeout(() => reject(new Error(`not ready within ${startTimeoutMs} ms`)), startTimeoutMs);
      });
      if (own.child.pid !== undefined) observer.started(name, own.child.pid);
    } catch (error) {
      // A fault may kill one that is just starting: then it is as dead as it was meant to be.
      if (own.expected) return;
      own.expected = true;
      own.child.kill('SIGKILL');
      await own.ended;
      throw new Error(`${name} did not start\n${own.output}`, { cause: error });
    } finally {
      clearTimeout(deadline);
    }
  }

  async function kill(): Promise<void> {
    const own = life;
    if (!own) return;
    own.expected = true;
    own.child.kill('SIGKILL');
    await own.ended;
  }

  async function close(): Promise<void> {
    const own = life;
    if (!own) return;
    own.expected = true;
    own.child.kill('SIGTERM');
    own.child.kill('SIGCONT');
    const last = setTimeout(() => own.child.kill('SIGKILL'), closeTimeoutMs);
    await own.ended;
    clearTimeout(last);
  }

  const self: NodeProcess = {
    name,
    failpoints: options.failpoints ?? [],
    get pid() {
      return life?.child.pid;
    },
    kill9: kill,
    pause: async () => {
      if (life) life.paused = true;
      life?.child.kill('SIGSTOP');
    },
    resume: async () => {
      if (life) life.paused = false;
      life?.child.kill('SIGCONT');
    },
    restart: () =>
      inTurn(async () => {
        await close();
        await start();
      }),
    ensureRunning: () => inTurn(start),
    whileDown: async (step) => {
      // Before its turn as well: a start that is under way may wait for what the step is to bring.
      await kill();
      await inTurn(async () => {
        await kill();
        await step();
        await start();
      });
    },
    endsWithin: async (ms) => {
      const own = life;
      if (!own) return true;
      return Promise.race([own.ended.then(() => true), sleep(ms, false, { ref: false })]);
    },
    armFailpoint: async (failpoint, how = 'kill') => {
      if (life && failpoint !== null && how === 'kill') life.armed = true;
      // It may die of it at once.
      await self.call('failpoint', failpoint === null ? null : { name: failpoint, how }).catch(() => undefined);
    },
    call: async <T>(what: string, value?: unknown, timeoutMs = 10_000): Promise<T> => {
      const own = life;
      if (!own) throw new Error(`${name} does not run`);
      calls += 1;
      const call = calls;
      let deadline: NodeJS.Timeout | undefined;
      try {
        const answer = await new Promise<{ result?: unknown; error?: string }>((resolve) => {
          own.answers.set(call, resolve);
          deadline = setTimeout(
            () => resolve({ error: `${name} did not answer ${what} in ${timeoutMs} ms` }),
            timeoutMs,
          );
          own.child.send({ call, name: what, value }, (error) => {
            if (error) resolve({ error: `${name} cannot be asked: ${error.message}` });
          });
        });
        if (answer.error !== undefined) throw new Error(answer.error);
        return answer.result as T;
      } finally {
        clearTimeout(deadline);
        own.answers.delete(call);
      }
    },
    [Symbol.asyncDispose]: async () => {
      disposed = true;
      await kill();
      await turn;
      await kill();
    },
  };
  await inTurn(start);
  return self;
}

const SETPRIV = '/usr/bin/setpriv';

/** On Linux the kernel ends a child whose parent died, also a stopped one, which could not see to it itself. */
function dyingWithUs(command: string, args: readonly string[]): { command: string; args: string[] } {
  if (process.platform !== 'linux' || !existsSync(SETPRIV)) return { command, args: [...args] };
  return { command: SETPRIV, args: ['--pdeathsig=KILL', '--', command, ...args] };
}
