import { existsSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { canInstallPackages } from '../debian-packages.ts';
import { freePort } from '../free-port.ts';
import { underMachineLock } from '../machine-lock.ts';
import { NotHere, type Service } from '../service.ts';
import { startServer } from '../service-process.ts';
import { run } from '../system.ts';
import { copyOfTemplate } from '../template.ts';
import { Gateway } from './gateway.ts';

/**
 * A MongoDB-compatible server for machines that have neither mongod nor Docker: PostgreSQL 18 with the DocumentDB engine,
 * both from Debian, unpacked into a folder of its own, and a gateway that speaks MongoDB's protocol. It has unique and
 * partial indexes, transactions, and a TTL job that runs each second. It has no change streams and no `client.bulkWrite`.
 */
const ROOT = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tidemark', 'documentdb');
const MARKER = join(ROOT, 'usr/share/postgresql/18/extension/documentdb.control');
const MAKE_ROOT = fileURLToPath(new URL('make-root.sh', import.meta.url));
/** Who the server is within its root. */
const USER = { uid: 64_000, gid: 64_000 };
const BIN = '/usr/lib/postgresql/18/bin';
/** Data is kept within the root, since the server sees nothing else. */
const DATA = join(ROOT, 'var/lib/documentdb');
const READY = /database system is ready to accept connections/;
const TTL_EVERY_SECONDS = 1;

const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
dynamic_shared_memory_type = mmap
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = ''
cron.use_background_workers = on
max_worker_processes = 20
max_connections = 80
shared_buffers = 64MB
`;

export async function startDocumentdb(): Promise<Service | NotHere> {
  if (process.platform !== 'linux' || !canInstallPackages()) {
    return new NotHere('the DocumentDB server can be unpacked by root on Debian only');
  }
  await makeRoot();
  const engine = await startEngine();
  const gateway = new Gateway(await freePort(), engine.url);
  await gateway.open();
  return {
    url: gateway.url,
    port: gateway.port,
    get pid() {
      return engine.pid;
    },
    kill9: async () => {
      await engine.kill9();
      await gateway.close();
    },
    restart: async () => {
      await gateway.close();
      await engine.restart();
      await gateway.open();
    },
    pause: async () => {
      gateway.pause();
      await engine.pause();
    },
    resume: async () => {
      await engine.resume();
      gateway.resume();
    },
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      await gateway.close();
    },
  };
}

async function makeRoot(): Promise<void> {
  if (!existsSync(MARKER)) {
    await underMachineLock('documentdb-root', async () => {
      if (existsSync(MARKER)) return;
      process.stderr.write(`tests: unpacking the DocumentDB server into ${ROOT}, once\n`);
      await run('bash', [MAKE_ROOT, ROOT], { maxBuffer: 64 * 1024 * 1024 });
    });
  }
  await mkdir(DATA, { recursive: true });
}

function startEngine(): Promise<Service> {
  return startServer(
    async (port, folder) => {
      const data = join(folder, 'data');
      await copyOfTemplate('template', data, USER, initialise, DATA);
      return engineOn(data, port, 'SIGQUIT');
    },
    { tempParent: DATA },
  );
}

function engineOn(data: string, port: number, stop: 'SIGINT' | 'SIGQUIT') {
  return {
    name: 'DocumentDB',
    root: ROOT,
    command: join(BIN, 'postgres'),
    args: ['-D', withinRoot(data), '-p', String(port)],
    env: { LC_ALL: 'C.UTF-8' },
    user: USER,
    ready: READY,
    stop,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
  };
}

/** An empty server with the engine in it, shut down in order. */
async function initialise(folder: string): Promise<void> {
  const initdb = [join(BIN, 'initdb'), '-D', withinRoot(folder), '--auth=trust', '--username=postgres', '--no-sync'];
  const locale = ['--locale=C.UTF-8', '--encoding=UTF8'];
  const env = { LC_ALL: 'C.UTF-8', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  await run('chroot', [`--userspec=${USER.uid}:${USER.gid}`, ROOT, ...initdb, ...locale], { env });
  await appendFile(join(folder, 'postgresql.conf'), SETTINGS);

  await using server = await startServer(async (port) => engineOn(folder, port, 'SIGINT'), { tempParent: DATA });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('CREATE EXTENSION documentdb CASCADE');
  await client.query('SELECT cron.alter_job(jobid, schedule => $1) FROM cron.job WHERE jobname = $2', [
    `${TTL_EVERY_SECONDS} seconds`,
    'documentdb_ttl_task',
  ]);
  await client.end();
}

function withinRoot(path: string): string {
  return `/${relative(ROOT, path)}`;
}
