import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from '../patience.ts';
import { freePort } from './free-port.ts';
import type { Service } from './service.ts';
import { areGone, descendants, findProgram, type SystemUser } from './system.ts';
import { makeTempFolder, removeTempFolder } from './temp-folder.ts';

/** A server program as the tests run it. */
export interface Program {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Who it runs as; the test's own user when absent. */
  readonly user?: SystemUser | undefined;
  /** A folder that it sees as `/` (Linux, as root, with a `user`); command and arguments are paths within. */
  readonly root?: string;
  /** What it prints when it answers. */
  readonly ready: RegExp;
  /** What ends it at once and still lets it free what outlives a process, such as shared memory. */
  readonly stop: 'SIGINT' | 'SIGQUIT' | 'SIGKILL';
  readonly url: string;
  readonly port: number;
  /** Removed on dispose. */
  readonly folder: string;
}

/** The program ended before it answered, or never did. */
class StartError extends Error {
  override readonly name = 'StartError';
  readonly output: string;

  constructor(program: Program, output: string) {
    super(`${program.name} did not start: ${program.command} ${program.args.join(' ')}\n${output}`);
    this.output = output;
  }
}

const ATTEMPTS = 5;
const OUTPUT_KEPT = 16_384;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a server on a free port, with a temporary folder of its own, and resolves when it answers. `prepare` fills the
 * folder and says how to run it; both are made anew when another process took the port between the look and the start.
 */
export async function startServer(
  prepare: (port: number, folder: string) => Promise<Omit<Program, 'port' | 'folder'>>,
  options: { alsoFree?: readonly number[]; tempParent?: string } = {},
): Promise<Service> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(options.alsoFree);
    const folder = await makeTempFolder(options.tempParent);
    try {
      return await startProcess({ ...(await prepare(port, folder)), port, folder });
    } catch (error) {
      removeTempFolder(folder);
      if (!(error instanceof StartError && /in use/i.test(error.output)) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startProcess(program: Program): Promise<Service> {
  let child: ChildProcess | undefined = await launch(program);

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending) await endTree(ending, signal);
  }
  async function signalTree(signal: NodeJS.Signals): Promise<void> {
    if (child?.pid === undefined) throw new Error(`${program.name} is not running`);
    child.kill(signal);
    for (const pid of await descendants(child.pid)) send(pid, signal);
  }

  return {
    url: program.url,
    port: program.port,
    get pid() {
      return child?.pid;
    },
    kill9: () => end('SIGKILL'),
    restart: async () => {
      await end(program.stop);
      child = await launch(program);
    },
    pause: () => signalTree('SIGSTOP'),
    resume: () => signalTree('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await end(program.stop);
      removeTempFolder(program.folder);
    },
  };
}

/**
 * The child must not outlive this process or thread, however that ends. On Linux the kernel sees to it: setpriv asks
 * for a signal at the parent's death and then becomes the program. Elsewhere the exit hook above does what it can.
 */
function commandLine(program: Program): { command: string; args: string[]; identity: Partial<SystemUser> } {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  const { user } = program;
  if (setpriv === undefined) {
    if (program.root !== undefined) throw new Error(`${program.name} needs setpriv (Debian: util-linux)`);
    return { command: program.command, args: [...program.args], identity: user ?? {} };
  }
  const identity = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  // A change of user clears the request for the signal, so the user changes first and keeps the right to change root.
  const enter = program.root === undefined ? [] : ['--inh-caps=+sys_chroot', '--ambient-caps=+sys_chroot'];
  const wanted = [program.command, ...program.args];
  const command = program.root === undefined ? wanted : ['chroot', '.', ...wanted];
  const args = [...identity, ...enter, `--pdeathsig=${program.stop.slice(3)}`, '--', ...command];
  return { command: setpriv, args, identity: {} };
}

async function launch(program: Program): Promise<ChildProcess> {
  const { command, args, identity } = commandLine(program);
  const child = spawn(command, args, {
    // From within its root, so that the path to it need not be open to the user it runs as.
    cwd: program.root ?? program.folder,
    env: { ...process.env, ...program.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identity,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));

  let output = '';
  let deadline: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new StartError(program, `${why}\n${output}`));
      const read = (chunk: Buffer): void => {
        output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
        if (program.ready.test(output)) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', (error) => fail(error.message));
      child.once('close', (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}`));
      deadline = setTimeout(() => fail(`no sign of readiness within ${PATIENCE_MS} ms`), PATIENCE_MS);
    });
  } catch (error) {
    await endTree(child, 'SIGKILL');
    throw error;
  } finally {
    clearTimeout(deadline);
  }
  // Read on, or the pipe fills up and the server stands still.
  for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners('data').resume();
  return child;
}

/** Ends a process and what it forked. SIGKILL reaches all of them: it must not leave workers that hold the data. */
async function endTree(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (signal === 'SIGKILL') {
    // Stopped first, so that it cannot fork another while its children are being counted.
    child.kill('SIGSTOP');
    const family = await descendants(child.pid);
    child.kill('SIGKILL');
    for (const pid of family) send(pid, 'SIGKILL');
    await gone;
    await untilGone(family);
    return;
  }
  const family = await descendants(child.pid);
  child.kill(signal);
  // A paused process acts on its signal only when it goes on.
  for (const pid of [child.pid, ...family]) send(pid, 'SIGCONT');
  const last = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(last);
  await untilGone(family);
}

async function untilGone(pids: readonly number[]): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !(await areGone(pids)); await sleep(10)) {
    if (performance.now() > end) throw new Error(`some of the processes ${pids.join(', ')} do not end`);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}
