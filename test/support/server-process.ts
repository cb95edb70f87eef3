import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BroadcastReport, HealthReport, MessagingOptions, ServerEventName, ServerEvents } from '@tidemark/server';
import type { Change } from '../verify/planted/planted-bug.ts';
import { eventually } from './app.ts';
import { bundledProgram, type TrpcFixture } from './bundled-program.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = new URL('./run-server.ts', import.meta.url);

export interface ServerProcessOptions {
  /** URLs of the services. */
  readonly redis: string;
  readonly postgres: string;
  /** Options of createMessaging that are data. Leases, receipts and comparisons of heads are fast unless they say otherwise. */
  readonly settings?: Settings;
  /** Server events to be told of; see `seen`. */
  readonly events?: readonly ServerEventName[];
  /** The process kills itself with SIGKILL around the commit of a message whose text begins with KILL. */
  readonly kill?: 'before-commit' | 'after-commit';
  /** Runs the whole process on the tRPC of this fixture instead of the current one. */
  readonly trpc?: TrpcFixture;
  /** Lines that its sources have otherwise: a server of another release. */
  readonly changes?: readonly Change[];
  /** The path of a program that runs in place of today's: a server that was released. */
  readonly program?: string;
  /** Which frames to this node are lost. */
  readonly dropFrames?: 'odd' | 'all';
  /** ms by which its wall clock is off from the start. */
  readonly clockOffsetMs?: number;
}

type Settings = Omit<
  MessagingOptions<Record<string, never>>,
  'content' | 'storage' | 'redis' | 'backplane' | 'clock' | 'random'
>;

/** Faults are to be over in a test's time, and the load of a test is not to be refused. */
const FAST: Settings = {
  tuning: { leaseTtlMs: 600, receiptTimeoutMs: 2_000, voidAfterMs: 500, headsEveryMs: 500 },
  limits: {
    callsPerSecond: 100_000,
    readBytesPerSecond: 1e9,
    callBurst: 100_000,
    conversationsPerHour: 100_000,
    invitationsPerHour: 100_000,
  },
};

/** A broadcast of a text that a server process sends. */
export interface BroadcastRun {
  readonly users: readonly string[];
  readonly message: {
    readonly id: string;
    readonly as: string;
    readonly type: 'text';
    readonly content: { text: string };
  };
  /** The process kills itself with SIGKILL once so many users have it. */
  readonly killAfter?: number;
}

/** A server of a deployment, in a process of its own that can be killed. */
export interface ServerProcess extends AsyncDisposable {
  readonly wsUrl: string;
  readonly pid: number;
  /** Version of @trpc/server that it runs on. */
  readonly trpcVersion: string;
  /** Resolves with the signal that ended it, or null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** Payloads of the events of that name so far, as JSON carried them (an error is its text). */
  seen<Name extends ServerEventName>(name: Name): readonly ServerEvents[Name][];
  /** Bytes that the process holds now, garbage not counted. */
  memory(): Promise<number>;
  health(): Promise<HealthReport>;
  /** Has it send a broadcast; resolves when it has, and never when it dies before. */
  broadcast(run: BroadcastRun): Promise<BroadcastReport>;
  /** Moves its wall clock by so much from the true one. */
  setClockOffset(ms: number): void;
  /** Closes it gracefully, as a deployment does, and resolves when it is gone. */
  close(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a server process and resolves when it serves. Disposing of it kills it. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const settings = {
    ...options.settings,
    tuning: { ...FAST.tuning, ...options.settings?.tuning },
    limits: { ...FAST.limits, ...options.settings?.limits },
  };
  const child = spawn(
    process.execPath,
    [
      '--enable-source-maps',
      '--expose-gc',
      options.program ?? (await bundledProgram(PROGRAM, options.trpc, options.changes)),
      `--redis=${options.redis}`,
      `--postgres=${options.postgres}`,
      `--settings=${JSON.stringify(settings)}`,
      `--events=${(options.events ?? []).join(',')}`,
      `--kill=${options.kill ?? ''}`,
      `--drop-frames=${options.dropFrames ?? ''}`,
      `--clock-offset=${options.clockOffsetMs ?? 0}`,
    ],
    { cwd: CHECKOUT, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  running.add(child);
  // `close`, not `exit`: what it printed last is then read.
  const ended = once(child, 'close').then(([, signal]) => {
    running.delete(child);
    return signal as NodeJS.Signals | null;
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-8_192);
  });
  // Writing to one that was just killed is no failure of the test.
  child.stdin.on('error', () => {});

  const seen = new Map<string, unknown[]>();
  const memory: number[] = [];
  const health: HealthReport[] = [];
  const broadcasts: BroadcastReport[] = [];
  let port: number | undefined;
  let trpcVersion = '';
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as {
      port?: number;
      trpcVersion?: string;
      held?: number;
      health?: HealthReport;
      broadcast?: BroadcastReport;
      event?: string;
      payload?: unknown;
    };
    if (line.port !== undefined) port = line.port;
    if (line.trpcVersion !== undefined) trpcVersion = line.trpcVersion;
    if (line.held !== undefined) memory.push(line.held);
    if (line.health !== undefined) health.push(line.health);
    if (line.broadcast !== undefined) broadcasts.push(line.broadcast);
    if (line.event === undefined) return;
    const payloads = seen.get(line.event);
    if (payloads) payloads.push(line.payload);
    else seen.set(line.event, [line.payload]);
  });
  const servesOn = await Promise.race([
    eventually('the server process serves', () => port),
    ended.then((signal) => Promise.reject(new Error(`it ended with ${signal ?? `code ${child.exitCode}`}`))),
  ]).catch((cause: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`the server process did not start\n${complaints}`, { cause });
  });

  return {
    wsUrl: `ws://127.0.0.1:${servesOn}/trpc`,
    pid: child.pid as number,
    trpcVersion,
    ended,
    seen: <Name extends ServerEventName>(name: Name) => (seen.get(name) ?? []) as ServerEvents[Name][],
    memory: async () => {
      const asked = memory.length;
      child.stdin.write('memory\n');
      await eventually('the server process says how much memory it holds', () => memory.length > asked);
      return memory.at(-1) as number;
    },
    health: async () => {
      const asked = health.length;
      child.stdin.write('health\n');
      await eventually('the server process says how it is', () => health.length > asked);
      return health.at(-1) as HealthReport;
    },
    broadcast: (run) => {
      child.stdin.write(`broadcast ${JSON.stringify(run)}\n`);
      return eventually('the server process has sent the broadcast', () => broadcasts[0]);
    },
    setClockOffset: (ms) => {
      child.stdin.write(`clock ${ms}\n`);
    },
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
