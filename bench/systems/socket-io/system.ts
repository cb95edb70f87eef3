import { nodeSystem, withoutRedis } from '../system.ts';

export const socketIoStreams = nodeSystem({
  name: 'Socket.IO, Redis Streams',
  wire: 'socket-io',
  acknowledgementMeans:
    'the message was handed to the adapter, which adds it to a capped stream in Redis; the answer does not wait for it',
  uses: ['redis'],
  missing: withoutRedis,
  program: new URL('./streams-server.ts', import.meta.url),
  path: '/socket.io/',
});

export const socketIoRecipe = nodeSystem({
  name: 'Socket.IO, Postgres recipe',
  wire: 'socket-io',
  acknowledgementMeans: 'the row of the message is committed in Postgres; who has received it is not recorded',
  uses: ['redis', 'store'],
  missing: (services) =>
    withoutRedis(services) ?? (services.postgres ? undefined : 'it needs Postgres, which this configuration has not'),
  program: new URL('./recipe-server.ts', import.meta.url),
  path: '/socket.io/',
});
