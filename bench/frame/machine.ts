import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { findProgram, versionedBinFolders } from '../../test/support/services/system.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? arch(),
    cores: cpus().length,
    memory: totalmem(),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
}

/** What is checked out, and whether files differ from it; null when this is no checkout. */
export function commitOfCheckout(): string | null {
  const head = firstLine('git', 'rev-parse', '--short=12', 'HEAD');
  if (head === undefined) return null;
  return (firstLine('git', 'status', '--porcelain') ?? '') === '' ? head : `${head} with changes`;
}

const PACKAGES = [
  '@trpc/server',
  'ws',
  'ioredis',
  'pg',
  'mysql2',
  'mongodb',
  'libsql',
  'socket.io',
  '@socket.io/redis-streams-adapter',
  'aedes',
  'aedes-persistence-redis',
  '@nats-io/jetstream',
];

/** Versions of the packages and servers that benches run, those that are installed. */
export function installedVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of PACKAGES) {
    const version = versionOfPackage(name);
    if (version !== undefined) versions[name] = version;
  }
  const postgres = versionedBinFolders('/usr/lib/postgresql').map((bin) => join(bin, 'postgres'));
  for (const [name, ...candidates] of [
    ['redis-server'],
    ['postgres', ...postgres],
    ['mariadbd', '/usr/sbin/mariadbd'],
    ['mongod'],
    ['nats-server', '/usr/sbin/nats-server'],
  ] as const) {
    const program = findProgram(name, ...candidates);
    const version = program && /\d+\.\d+(?:\.\d+)?/.exec(firstLine(program, '--version') ?? '')?.[0];
    if (version) versions[name] = version;
  }
  return versions;
}

function versionOfPackage(name: string): string | undefined {
  try {
    const manifest = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

function firstLine(command: string, ...args: string[]): string | undefined {
  try {
    const cwd = new URL('../..', import.meta.url);
    const output = execFileSync(command, args, { encoding: 'utf8', cwd, stdio: ['ignore', 'pipe', 'ignore'] });
    return output.split('\n', 1)[0];
  } catch {
    return undefined;
  }
}
