import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { startContainer } from './container.ts';
import { installPackages } from './debian-packages.ts';
import { externalService, firstOf, NotHere, type Service } from './service.ts';
import { startServer } from './service-process.ts';
import {
  findProgram,
  isRoot,
  programBeside,
  run,
  type SystemUser,
  unprivileged,
  versionedBinFolders,
} from './system.ts';
import { copyOfTemplate } from './template.ts';

const INSTALL =
  'Install PostgreSQL 14 or later (Debian: apt-get install postgresql; macOS: brew install postgresql), ' +
  'start a Docker engine, or name a server in POSTGRES_URL.';
const IMAGE = 'postgres:17';
const READY = /database system is ready to accept connections/;
const NOT_DURABLE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export interface PostgresOptions {
  /** Whether a commit is fsynced, as it is in a deployment. `false` is faster and survives a process only. Default true. */
  readonly durable?: boolean;
  /** The server's own settings, such as `work_mem=16MB`; a server that POSTGRES_URL names keeps those it has. */
  readonly settings?: readonly string[];
}

/** A Postgres of the test's own; or a database of its own in the server that POSTGRES_URL names, dropped on dispose. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Service> {
  const url = process.env.POSTGRES_URL;
  if (url) return databaseWithin(url);
  const settings = [...(options.durable === false ? NOT_DURABLE : []), ...(options.settings ?? [])].flatMap(
    (setting) => ['-c', setting],
  );
  return firstOf('PostgreSQL', INSTALL, [
    () => startBinary(settings),
    () =>
      startContainer({
        image: IMAGE,
        port: 5432,
        environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
        command: () => ['postgres', ...settings],
        url: urlOf,
        probe: (at) => query(at, 'SELECT 1'),
      }),
    async () => (await installPackages('postgresql')) ?? startBinary(settings),
  ]);
}

async function startBinary(settings: readonly string[]): Promise<Service | NotHere> {
  const initdb = findProgram('initdb', ...versionedBinFolders('/usr/lib/postgresql').map((bin) => join(bin, 'initdb')));
  const command = initdb && programBeside(initdb, 'postgres');
  if (!initdb || !command) return new NotHere('no initdb and postgres on PATH or in /usr/lib/postgresql');
  const user = unprivileged('postgres');
  if (isRoot && !user) return new NotHere('PostgreSQL refuses to run as root and there is no user "postgres"');
  const { stdout } = await run(command, ['--version']);
  const version = stdout
    .replace(/[^\d.]+/g, ' ')
    .trim()
    .split(' ')[0];

  return startServer(async (port, folder) => {
    const data = join(folder, 'data');
    await copyOfTemplate(`postgres-${version}`, data, user, (template) => initialise(initdb, template, user));
    return {
      name: 'PostgreSQL',
      command,
      args: ['-D', data, '-p', String(port), ...settings],
      env: { LC_ALL: 'C' },
      user,
      ready: READY,
      stop: 'SIGQUIT',
      url: urlOf(port),
    };
  });
}

async function initialise(initdb: string, folder: string, user: SystemUser | undefined): Promise<void> {
  const options = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(initdb, ['-D', folder, ...options], { ...user, cwd: dirname(folder), env: { PATH: process.env.PATH } });
  const settings = ["listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", 'shared_buffers = 32MB'];
  await appendFile(join(folder, 'postgresql.conf'), `\n${settings.join('\n')}\n`);
}

function urlOf(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

async function databaseWithin(server: string): Promise<Service> {
  const name = `tidemark_${randomBytes(6).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return externalService('POSTGRES_URL', url.href, () => query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end().catch(() => {});
  }
}
