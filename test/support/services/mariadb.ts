import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import mysql from 'mysql2/promise';
import { startContainer } from './container.ts';
import { installPackages } from './debian-packages.ts';
import { externalService, firstOf, NotHere, type Service } from './service.ts';
import { startServer } from './service-process.ts';
import { findProgram, isRoot, programBeside, run, type SystemUser, unprivileged } from './system.ts';
import { copyOfTemplate } from './template.ts';

const INSTALL =
  'Install MariaDB 10.11 or later (Debian: apt-get install mariadb-server; macOS: brew install mariadb), ' +
  'start a Docker engine, or name a MariaDB or MySQL server in MYSQL_URL (its user must be allowed to create databases).';
const IMAGE = 'mariadb:11.4';
const READY = /ready for connections/;
/** Small files, so that a start copies little; durable as a deployment is: the log is fsynced at each commit. */
const SETTINGS = ['--innodb-log-file-size=16M', '--innodb-buffer-pool-size=64M', '--innodb-flush-log-at-trx-commit=1'];
/** What Debian's own configuration says; a collation that ignores case is what adapters must be able to live with. */
const CHARSET = ['--character-set-server=utf8mb4', '--collation-server=utf8mb4_general_ci'];

export interface MariadbOptions {
  /** The server's own settings, such as `max-connections=50`; a server that MYSQL_URL names keeps those it has. */
  readonly settings?: readonly string[];
}

/** A MariaDB of the test's own; or a database of its own in the server that MYSQL_URL names, dropped on dispose. */
export async function startMariadb(options: MariadbOptions = {}): Promise<Service> {
  const settings = (options.settings ?? []).map((setting) => `--${setting}`);
  const url = process.env.MYSQL_URL;
  if (url) return databaseWithin(url);
  return firstOf('MariaDB', INSTALL, [
    () => startBinary(settings),
    () =>
      startContainer({
        image: IMAGE,
        port: 3306,
        environment: { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: '1', MARIADB_DATABASE: 'tidemark' },
        command: () => ['mariadbd', ...CHARSET, ...settings],
        url: urlOf,
        probe: (at) => query(at, 'SELECT 1'),
      }),
    async () => (await installPackages('mariadb-server')) ?? startBinary(settings),
  ]);
}

async function startBinary(settings: readonly string[]): Promise<Service | NotHere> {
  const command = findProgram(
    'mariadbd',
    '/usr/sbin/mariadbd',
    '/usr/local/sbin/mariadbd',
    '/opt/homebrew/bin/mariadbd',
  );
  const installer = command && programBeside(command, 'mariadb-install-db', '/usr/bin/mariadb-install-db');
  if (!command || !installer) return new NotHere('no mariadbd and mariadb-install-db on PATH or in /usr/sbin');
  const user = unprivileged('mysql');
  if (isRoot && !user) return new NotHere('MariaDB must not run as root and there is no user "mysql"');
  const { stdout } = await run(command, ['--version']);
  const version = /(\d+\.\d+\.\d+)/.exec(stdout)?.[1];

  return startServer(async (port, folder) => {
    const data = join(folder, 'data');
    await copyOfTemplate(`mariadb-${version}`, data, user, (template) => initialise(installer, template, user));
    // A server that starts removes every temporary table in its tmpdir, those of other servers too, which may crash of it.
    const temporary = join(data, '#tmp');
    await run('mkdir', [temporary], { ...user, cwd: data });
    return {
      name: 'MariaDB',
      command,
      args: [
        '--no-defaults',
        `--datadir=${data}`,
        `--tmpdir=${temporary}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(data, 'server.sock')}`,
        `--pid-file=${join(data, 'server.pid')}`,
        ...SETTINGS,
        ...CHARSET,
        ...settings,
      ],
      user,
      ready: READY,
      stop: 'SIGKILL',
      url: urlOf(port),
    };
  });
}

/** An empty server whose root needs no password, with the database that the URL names. */
async function initialise(installer: string, folder: string, user: SystemUser | undefined): Promise<void> {
  const options = [`--datadir=${folder}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...SETTINGS];
  await run(installer, ['--no-defaults', ...options], { ...user, cwd: dirname(folder) });
  await run('mkdir', [join(folder, 'tidemark')], { ...user, cwd: dirname(folder) });
}

function urlOf(port: number): string {
  return `mysql://root@127.0.0.1:${port}/tidemark`;
}

async function databaseWithin(server: string): Promise<Service> {
  const name = `tidemark_${randomBytes(6).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return externalService('MYSQL_URL', url.href, () => query(server, `DROP DATABASE IF EXISTS ${name}`));
}

async function query(url: string, text: string): Promise<void> {
  const connection = await mysql.createConnection(url);
  connection.on('error', () => {});
  try {
    await connection.query(text);
  } finally {
    connection.destroy();
  }
}
