import { setMaxListeners } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../builders/seeded-ids.ts';
import { readHistory } from '../checker/history-file.ts';
import { carryOutFaults } from '../faults/carry-out-faults.ts';
import { faultsNamed } from '../faults/fault-catalogue.ts';
import { startFrameProxy } from '../faults/frame-proxy.ts';
import { type PlannedFault, planFaults } from '../faults/plan-faults.ts';
import { startTcpProxy } from '../faults/tcp-proxy.ts';
import { Belongings } from './belongings.ts';
import type { Configuration, ProcessObserver, Run } from './configuration.ts';
import { type RunDevice, startDevice } from './device-process.ts';
import { dumpStores, untilQuiet } from './final-phase.ts';
import { type HistoryWriter, historyWriter } from './history-writer.ts';
import type { NetworkPath, System } from './system.ts';

export interface RunOptions {
  /** What the traffic and the faults are drawn from. Default 1. */
  readonly seed?: number;
  /** How long traffic and faults last. Default 60. */
  readonly seconds?: number;
  /** Default 20. */
  readonly users?: number;
  /** Default 2. */
  readonly devicesPerUser?: number;
  /** What each device does per second, on average, while the servers keep up. Default 2. */
  readonly rate?: number;
  /** How long it may take to come to rest after that, and a new device to catch up. Default 60. */
  readonly quiesceSeconds?: number;
  /** Names of faults; default `all`. Those that the configuration has nothing for are left out. */
  readonly faults?: readonly string[] | 'all';
  /** Carried out in place of a plan drawn from `faults` and `seed`: one made by hand, or `plan.json` of an earlier run. */
  readonly plan?: readonly PlannedFault[];
  /** Where histories and what else the run leaves go; a new temporary folder when absent. */
  readonly folder?: string;
  /** A JavaScript file that calls `runDevice` with how your application is reached. */
  readonly deviceProgram?: string;
  /** Called every few seconds with a line for people. */
  readonly onProgress?: (line: string) => void;
}

/** What a run leaves beside its history. */
export interface RunOutcome {
  readonly folder: string;
  /** From the end of all faults until nothing moved any more; `null` when that did not come in time. */
  readonly secondsToQuiet: number | null;
  /** Chosen faults that this configuration has no target for. */
  readonly notApplicable: readonly string[];
}

const STARTING_AT_ONCE = 8;
const PROGRESS_MS = 5_000;
const READY_TIMEOUT_MS = 180_000;
/** How long one step of the end may take at most: healing, dumping. */
const STEP_TIMEOUT_MS = 300_000;

/**
 * Runs a configuration under load and faults, and leaves the history of it in a folder. Rejects when something of it cannot
 * be started, healed or read; RangeError for a fault there is not.
 */
export async function run(configuration: Configuration, options: RunOptions = {}): Promise<RunOutcome> {
  const {
    seed = 1,
    seconds = 60,
    users: userCount = 20,
    devicesPerUser = 2,
    rate = 2,
    quiesceSeconds = 60,
    onProgress = () => {},
  } = options;
  const chosen = faultsNamed(options.plan?.map(({ kind }) => kind) ?? options.faults ?? 'all');
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), `tidemark-verify-${configuration.name}-`)));
  await using life = new Belongings();
  const history = historyWriter(folder, 'harness');
  life.defer(() => history.close());
  const observer = observing(history);
  const users = Array.from({ length: userCount }, (_, index) => nameOf(index));
  const deviceIds = Array.from({ length: devicesPerUser }, (_, index) => `${index + 1}`);

  // ── Start ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const random = seededRandom(seed);
  const path: Run['path'] = async (name, target, protocol = 'tcp') => {
    const start = protocol === 'websocket' ? startFrameProxy : startTcpProxy;
    return life.use(await start({ port: target }, { name, random }));
  };
  onProgress(`starting ${configuration.name}`);
  const deployment = life.use(await configuration.start({ seed, folder, path, observer }));
  history.write({
    type: 'run',
    configuration: configuration.name,
    seed,
    seconds,
    devices: Object.fromEntries(users.map((user) => [user, deviceIds])),
    retentionMs: deployment.retentionMs,
  });
  const front = await Promise.all(
    deployment.servers.map((server) => path(`devices to ${server.name}`, portOf(server.url), 'websocket')),
  );
  const urls = deployment.servers.map((server, index) => throughPath(server.url, front[index] as NetworkPath));
  const start = async (userId: string, deviceId: string): Promise<RunDevice> =>
    life.use(
      await startDevice({
        userId,
        deviceId,
        users,
        urls,
        folder,
        seed,
        rate,
        observer,
        program: options.deviceProgram,
      }),
    );
  onProgress(`starting ${users.length * deviceIds.length} devices`);
  const devices = await inBatches(
    users.flatMap((user) => deviceIds.map((device) => () => start(user, device))),
    STARTING_AT_ONCE,
  );
  await untilLive(devices, READY_TIMEOUT_MS);
  await createGroups(devices, users);

  // ── Load and faults ───────────────────────────────────────────────────────────────────────────────────────────────
  const { servers, services, specials } = deployment;
  const system: System = { servers, services, devices, specials, paths: [...deployment.paths, ...front] };
  const kinds = chosen.map((fault) => fault.kind);
  const notApplicable = chosen.filter((fault) => fault.targets(system).length === 0).map((fault) => fault.kind);
  const plan = options.plan ?? planFaults({ seed, seconds, kinds, system });
  await writeFile(join(folder, 'plan.json'), JSON.stringify(plan, null, 2));
  await Promise.all(devices.map((device) => device.startTraffic()));
  await underFaults(plan, system, seconds, history, onProgress);

  // ── End ───────────────────────────────────────────────────────────────────────────────────────────────────────────
  onProgress('healing');
  await within(STEP_TIMEOUT_MS, 'healing', healAll(system, devices));
  history.write({ type: 'healed' });
  const healed = performance.now();
  const stores = await within(STEP_TIMEOUT_MS, 'opening the stores', deployment.openStores());
  life.defer(() => stores.close());
  const quiet = await untilQuiet(devices, stores, quiesceSeconds * 1_000, throttled(onProgress, 'waiting for '));
  history.write(quiet.quiet ? { type: 'quiet' } : { type: 'not-quiet', waitingFor: quiet.waitingFor });
  const secondsToQuiet = quiet.quiet ? Math.round((performance.now() - healed) / 100) / 10 : null;

  onProgress('dumping');
  const fresh = await inBatches(
    users.map((user) => () => start(user, 'fresh')),
    STARTING_AT_ONCE,
  );
  await untilLive(fresh, quiesceSeconds * 1_000).catch((error: unknown) => {
    history.write({ type: 'not-quiet', waitingFor: String(error) });
  });
  for (const [list, isFresh] of [
    [devices, false],
    [fresh, true],
  ] as const) {
    await inBatches(
      list.map((device) => () => dumpOf(device, isFresh, history)),
      STARTING_AT_ONCE,
    );
  }
  await within(STEP_TIMEOUT_MS, 'dumping the stores', dumpStores(users, stores, readHistory(folder), history));
  onProgress('stopping');
  return { folder, secondsToQuiet, notApplicable };
}

/** The load goes on by itself; the faults of the plan come and go. */
async function underFaults(
  plan: readonly PlannedFault[],
  system: System,
  seconds: number,
  history: HistoryWriter,
  onProgress: (line: string) => void,
): Promise<void> {
  const over = new AbortController();
  // Each fault of the plan waits on it.
  setMaxListeners(0, over.signal);
  const on = new Set<PlannedFault>();
  const carriedOut = carryOutFaults(
    plan,
    system,
    {
      injecting: (fault) => {
        on.add(fault);
        history.write({ type: 'fault', faultId: fault.faultId, kind: fault.kind, target: fault.target });
      },
      healed: (fault) => {
        on.delete(fault);
        history.write({ type: 'heal', faultId: fault.faultId, kind: fault.kind, target: fault.target });
      },
      failed: ({ faultId, kind, target }, step, error) => {
        onProgress(`could not ${step} ${kind} of ${target}: ${error}`);
        if (step === 'inject') history.write({ type: 'not-injected', faultId, kind, target, reason: String(error) });
      },
    },
    over.signal,
  );
  const began = performance.now();
  for (let passed = 0; passed < seconds; passed = (performance.now() - began) / 1_000) {
    const now = [...on].map(({ kind, target }) => `${kind} of ${target}`).join(', ');
    onProgress(`${Math.round(passed)} of ${seconds} s${now === '' ? '' : `: ${now}`}`);
    await sleep(Math.min(PROGRESS_MS, seconds * 1_000 - (performance.now() - began)));
  }
  over.abort();
  await within(STEP_TIMEOUT_MS, 'ending the faults', carriedOut);
}

function observing(history: HistoryWriter): ProcessObserver {
  return {
    started: (target, pid) => history.write({ type: 'start', target, pid }),
    ended: (target, signal, unexpected) => history.write({ type: 'crash', target, signal, unexpected }),
  };
}

/** Whatever the faults left: stopped processes go on, dead ones start. */
async function healAll({ services, servers }: System, devices: readonly RunDevice[]): Promise<void> {
  const all = [...services, ...servers, ...devices];
  await Promise.all(all.map((each) => each.resume()));
  // In this order, so that what starts finds what it needs.
  for (const group of [services, servers, devices]) {
    await Promise.all(group.map((each) => each.ensureRunning()));
  }
  await Promise.all(devices.map((device) => device.stopTraffic()));
}

async function untilLive(devices: readonly RunDevice[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (const device of devices) {
    for (;;) {
      const { cursor, busyWith } = await device.status();
      if (cursor !== null) break;
      if (performance.now() > deadline) throw new Error(`${device.name} is not live: ${busyWith}`);
      await sleep(50);
    }
  }
}

/** One of everybody, and one of every five in a row. */
async function createGroups(devices: readonly RunDevice[], users: readonly string[]): Promise<void> {
  const ofUser = (user: string | undefined) => devices.find((device) => device.userId === user);
  const groups = [users, ...users.flatMap((_, index) => (index % 3 === 0 ? [users.slice(index, index + 5)] : []))];
  await Promise.all(
    groups.map(([owner, ...others]) => (others.length > 0 ? ofUser(owner)?.createGroup(others) : undefined)),
  );
}

async function dumpOf(device: RunDevice, fresh: boolean, history: HistoryWriter): Promise<void> {
  try {
    await device.dump(fresh);
  } catch (error) {
    history.write({ type: 'not-quiet', waitingFor: `the dump of ${device.name}: ${error}` });
  }
}

async function inBatches<T>(steps: readonly (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < steps.length; index = next++) {
        results[index] = await (steps[index] as () => Promise<T>)();
      }
    }),
  );
  return results;
}

async function within<T>(ms: number, what: string, step: Promise<T>): Promise<T> {
  let deadline: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    deadline = setTimeout(() => reject(new Error(`${what} took more than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([step, late]);
  } finally {
    clearTimeout(deadline);
  }
}

function throttled(onProgress: (line: string) => void, before: string): (line: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (line) => {
    if (performance.now() - last < 3_000) return;
    last = performance.now();
    onProgress(`${before}${line.length > 300 ? `${line.slice(0, 300)} …` : line}`);
  };
}

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy'];

/** `alice` … `judy`, `alice2` … */
function nameOf(index: number): string {
  const round = Math.floor(index / NAMES.length);
  return `${NAMES[index % NAMES.length]}${round === 0 ? '' : round + 1}`;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function throughPath(url: string, path: NetworkPath): string {
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(path.port);
  return through.href;
}
