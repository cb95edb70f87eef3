import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startContainer } from './container.ts';
import { startDocumentdb } from './documentdb/documentdb.ts';
import { externalService, firstOf, NotHere, type Service } from './service.ts';
import { startServer } from './service-process.ts';
import { findProgram } from './system.ts';

const INSTALL =
  'Install MongoDB 6 or later so that mongod is on PATH (see its own site for packages), start a Docker engine, ' +
  'run the tests as root on Debian, or name a server in MONGODB_URI.';
const IMAGE = 'mongo:7';
const READY = /Waiting for connections/i;

/**
 * A MongoDB of the test's own, or a compatible server where there is none; or the server that MONGODB_URI names. The URL
 * names a database: of its own in every case, and dropped on dispose.
 */
export async function startMongo(): Promise<Service> {
  const url = process.env.MONGODB_URI;
  if (url) return databaseWithin(url);
  return firstOf('MongoDB', INSTALL, [
    startBinary,
    () =>
      startContainer({
        image: IMAGE,
        port: 27017,
        command: () => ['mongod', '--bind_ip_all', '--setParameter', 'ttlMonitorSleepSecs=1'],
        url: urlOf,
        probe: ping,
      }),
    startDocumentdb,
  ]);
}

async function startBinary(): Promise<Service | NotHere> {
  const command = findProgram('mongod');
  if (command === undefined) return new NotHere('no mongod on PATH');
  return startServer(async (port, folder) => {
    const data = join(folder, 'data');
    await mkdir(data);
    const network = ['--port', String(port), '--bind_ip', '127.0.0.1', '--unixSocketPrefix', folder];
    return {
      name: 'MongoDB',
      command,
      args: ['--dbpath', data, ...network, '--setParameter', 'ttlMonitorSleepSecs=1'],
      ready: READY,
      stop: 'SIGKILL',
      url: urlOf(port),
    };
  });
}

function urlOf(port: number): string {
  return `mongodb://127.0.0.1:${port}/tidemark`;
}

function databaseWithin(server: string): Service {
  const url = new URL(server);
  url.pathname = `/tidemark_${randomBytes(6).toString('hex')}`;
  return externalService('MONGODB_URI', url.href, async () => {
    const client = new MongoClient(url.href);
    try {
      await client.db().dropDatabase();
    } finally {
      await client.close();
    }
  });
}

async function ping(url: string): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000 });
  try {
    await client.db().command({ ping: 1 });
  } finally {
    await client.close();
  }
}
