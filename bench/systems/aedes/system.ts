import { nodeSystem, withoutRedis } from '../system.ts';

export const aedes = nodeSystem({
  name: 'aedes on Redis',
  wire: 'mqtt',
  acknowledgementMeans:
    'the broker emitted the message through Redis, which holds it for each subscribed session until that confirms it',
  uses: ['redis'],
  missing: withoutRedis,
  program: new URL('./server.ts', import.meta.url),
  path: '/',
});
