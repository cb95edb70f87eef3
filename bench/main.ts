/** `npm run bench`: carries out one bench, and prints what it measured. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { underMachineLock } from '../test/support/services/machine-lock.ts';
import { BENCHES } from './catalogue.ts';
import { HELP, parseCommandLine, type Request } from './command-line.ts';
import { chartOf } from './frame/chart.ts';
import { commitOfCheckout, installedVersions, thisMachine } from './frame/machine.ts';
import { writeToPage } from './frame/readme.ts';
import type { BenchResult } from './frame/result.ts';
import { SERVICES_NOTE } from './frame/services.ts';
import { tableOf } from './frame/table.ts';

/** No bench may hold a machine for longer, whatever waits for whatever. */
const LONGEST_MS = 45 * 60_000;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const tell = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

function list(): void {
  for (const { name, about, configs } of BENCHES)
    say(`${name.padEnd(16)} ${about}\n${' '.repeat(17)}${configs.join(', ')}`);
}

async function carryOut({ bench, config, peers, quick }: Request): Promise<BenchResult> {
  const started = performance.now();
  const notes = new Set<string>();
  const [load = 0] = loadavg();
  if (load > cpus().length / 4) {
    notes.add(`The machine was not idle before the run: its load was ${load.toFixed(1)}. Compare within the run only.`);
  }
  // Before it runs, lest somebody commits meanwhile.
  const commit = commitOfCheckout();
  const rows = await bench.run({
    config,
    peers,
    quick,
    log: (line) => tell(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`),
    note: (line) => notes.add(line),
  });
  const versions = installedVersions();
  notes.add(SERVICES_NOTE[config]);
  return { name: bench.name, config, quick, machine: thisMachine(), commit, versions, rows, notes: [...notes] };
}

async function draw(result: BenchResult): Promise<void> {
  const folder = new URL('./charts/', import.meta.url);
  const file = new URL(`${result.name}.${result.config}.svg`, folder);
  await mkdir(folder, { recursive: true });
  await writeFile(file, chartOf(result));
  tell(`drew ${fileURLToPath(file)}`);
}

// Ends as by itself, so that services and folders go with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2));

let request: ReturnType<typeof parseCommandLine>;
try {
  request = parseCommandLine(process.argv.slice(2), BENCHES);
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exit(2);
}
if (request === 'help') say(HELP);
else if (request === 'list') list();
else await measure(request);

async function measure(request: Request): Promise<void> {
  try {
    // Two that measure at a time measure each other. A quick one measures nothing that would be worth the wait.
    const result = request.quick
      ? await withinTime(() => carryOut(request))
      : await underMachineLock('bench', () => withinTime(() => carryOut(request)));
    if (request.chart) await draw(result);
    if (request.readme) await writeToPage(new URL('./README.md', import.meta.url), result);
    say(request.json ? JSON.stringify(result, null, 2) : tableOf(result));
  } catch (error) {
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 2;
  }
  // Whatever still waits somewhere must not keep the terminal.
  process.exit();
}

async function withinTime<T>(work: () => Promise<T>): Promise<T> {
  const late = setTimeout(() => {
    tell(`gave up after ${LONGEST_MS / 60_000} minutes`);
    process.exit(2);
  }, LONGEST_MS);
  try {
    return await work();
  } finally {
    clearTimeout(late);
  }
}
