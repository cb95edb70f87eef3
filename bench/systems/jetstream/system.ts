import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { wsconnect } from '@nats-io/nats-core';
import { WebSocket } from 'ws';
import { startServer } from '../../../test/support/services/service-process.ts';
import { findProgram } from '../../../test/support/services/system.ts';
import type { System } from '../system.ts';
import { STREAMS } from './subjects.ts';

const READY = /Server is ready/;
/** How far above the port for other clients the one for WebSocket is. */
const WEBSOCKET = 1;

function program(): string | undefined {
  return findProgram('nats-server', '/usr/sbin/nats-server', '/usr/local/bin/nats-server');
}

export const jetstream: System = {
  name: 'NATS JetStream',
  wire: 'nats',
  acknowledgementMeans:
    "the message is written to the stream's file, which is fsynced every two minutes (the server's default)",
  uses: [],
  missing: () =>
    program() === undefined ? 'there is no nats-server here (Debian: apt-get install nats-server)' : undefined,
  start: async () => {
    const command = program();
    if (command === undefined) throw new Error('there is no nats-server');
    const service = await startServer(
      async (port, folder) => {
        const config = join(folder, 'nats.conf');
        const store = join(folder, 'jetstream');
        await mkdir(store);
        const websocket = `websocket { host: "127.0.0.1", port: ${port + WEBSOCKET}, no_tls: true }`;
        await writeFile(config, `jetstream { store_dir: "${store}" }\n${websocket}\n`);
        return {
          name: 'NATS',
          command,
          args: ['--addr', '127.0.0.1', '--port', String(port), '--config', config],
          ready: READY,
          stop: 'SIGKILL',
          url: `ws://127.0.0.1:${port + WEBSOCKET}`,
        };
      },
      { alsoFree: [WEBSOCKET] },
    );
    await addStreams(service.url);
    return {
      url: service.url,
      pid: service.pid as number,
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

async function addStreams(url: string): Promise<void> {
  const connection = await wsconnect({
    servers: url,
    // Node 20 has no WebSocket of its own.
    wsFactory: async (address: string) => ({
      socket: new WebSocket(address) as unknown as globalThis.WebSocket,
      encrypted: false,
    }),
  });
  try {
    const manager = await jetstreamManager(connection);
    for (const [name, subjects] of Object.entries(STREAMS)) {
      await manager.streams.add({
        name,
        subjects: [...subjects],
        storage: StorageType.File,
        retention: RetentionPolicy.Limits,
      });
    }
  } finally {
    await connection.close();
  }
}
