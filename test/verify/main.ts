/**
 * `npm run verify`: the promises of delivery, checked on real processes under load and faults. `--help` says how.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, cpus, platform, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { FAULTS, type VerifyResult, verify } from '@tidemark/testkit/verify';
import { bundlePrograms } from './bundle.ts';
import { HELP, parseCommandLine, type Request } from './command-line.ts';
import { applicableFaults, CONFIGURATIONS } from './configurations.ts';

type Result = VerifyResult & {
  readonly config: string;
  readonly seed: number;
  readonly seconds: number;
  readonly machine: string;
  readonly commit: string | null;
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function sayAside(line: string): void {
  process.stderr.write(`${line}\n`);
}

function list(): void {
  const width = Math.max(...[...FAULTS.keys()].map((kind) => kind.length));
  say('Configurations');
  for (const { name, about } of CONFIGURATIONS) say(`  ${name.padEnd(width)}  ${about}`);
  say('\nFaults');
  for (const { kind, about } of FAULTS.values()) {
    const lacking = CONFIGURATIONS.map(({ name }) => name).filter((name) => !applicableFaults(name).includes(kind));
    say(`  ${kind.padEnd(width)}  ${about}${lacking.length > 0 ? ` (not at ${lacking.join(', ')})` : ''}`);
  }
}

async function runAll(request: Request): Promise<Result[]> {
  const programs = mkdtempSync(join(tmpdir(), 'tidemark-verify-device-'));
  // Also when it is interrupted: `exit` ends the processes that were started.
  process.on('exit', () => rmSync(programs, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(2));
  const [deviceProgram] = (await bundlePrograms([new URL('./device.ts', import.meta.url)], programs)) as [string];
  const { seconds, users, devicesPerUser, faults } = request;
  const results: Result[] = [];
  for (const configuration of request.configurations) {
    for (const seed of request.seeds) {
      const started = performance.now();
      const since = (): string => `${((performance.now() - started) / 1_000).toFixed(0)} s`.padStart(6);
      const title = `${configuration.name} #${seed}`;
      const onProgress = (line: string): void => sayAside(`${since()}  ${title}  ${line}`);
      const result = await verify(configuration, {
        seed,
        seconds,
        users,
        devicesPerUser,
        faults,
        deviceProgram,
        onProgress,
      });
      const { attempts, acknowledged, unknown, lost, duplicated, outOfOrder, recovered, violations } = result;
      const { entries, voids } = result;
      results.push({
        ...{ attempts, acknowledged, unknown, lost, duplicated, outOfOrder, recovered, entries, voids },
        ...{ faults: result.faults, violations },
        config: configuration.name,
        seed,
        seconds,
        secondsToQuiet: result.secondsToQuiet,
        invariants: result.invariants,
        machine: `${cpus().length} × ${cpus()[0]?.model ?? arch()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${release()}, Node ${process.version}`,
        commit: commitOf(),
        failed: result.failed,
        notApplicable: result.notApplicable,
        folder: result.folder,
        page: result.page,
      });
      if (!request.json) tell(results.at(-1) as Result, request.keep);
      else if (result.violations.length > 0) sayAside(`${title}: ${result.folder}`);
      if (result.violations.length === 0 && !request.keep) rmSync(result.folder, { recursive: true, force: true });
    }
  }
  return results;
}

function tell(result: Result, keep: boolean): void {
  const { attempts, acknowledged, unknown, lost, duplicated, outOfOrder, recovered, violations, folder } = result;
  const injected = Object.values(result.faults).reduce((sum, count) => sum + count, 0);
  say(`${result.config}, seed ${result.seed}, ${result.seconds} s, ${injected} faults`);
  say(`  ${attempts} attempts, ${acknowledged} acknowledged, ${unknown} unknown, ${recovered} recovered`);
  say(`  ${lost} lost, ${duplicated} duplicated, ${outOfOrder} out of order`);
  say(
    `  ${result.entries} inbox entries, ${Math.round((100 * result.voids) / Math.max(1, result.entries))} % of them voids`,
  );
  say(`  quiet ${result.secondsToQuiet === null ? 'never' : `after ${result.secondsToQuiet.toFixed(1)} s`}`);
  for (const [name, outcome] of Object.entries(result.invariants)) {
    if (outcome !== 'pass') say(`  ${name}: ${outcome}`);
  }
  for (const { invariant, promises, sentence } of violations) {
    say(`  ✗ ${invariant}${promises.length > 0 ? ` (${promises.join(', ')})` : ''}: ${sentence}`);
  }
  if (violations.length === 0) say('  ✓ nothing was violated');
  if (violations.length > 0 || keep) say(`  history ${folder}\n  page    ${result.page}`);
}

/** What is checked out, when this is a checkout. */
function commitOf(): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return null;
  }
}

let request: ReturnType<typeof parseCommandLine>;
try {
  request = parseCommandLine(process.argv.slice(2), { configurations: CONFIGURATIONS, faults: FAULTS });
} catch (error) {
  sayAside(error instanceof Error ? error.message : String(error));
  process.exit(2);
}
if (request === 'help') say(HELP);
else if (request === 'list') list();
else {
  try {
    const results = await runAll(request);
    if (request.json) say(JSON.stringify(results.length === 1 ? results[0] : results, null, 2));
    process.exitCode = results.some((result) => result.violations.length > 0) ? 1 : 0;
  } catch (error) {
    sayAside(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 2;
  }
  // Whatever still waits somewhere must not keep the terminal.
  process.exit();
}
