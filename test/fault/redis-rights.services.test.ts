import { memoryStorage } from '@tidemark/storage-memory';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { eventually } from '../support/patience.ts';
import { startRedis } from '../support/services/redis.ts';
import { startStoreScene } from '../support/store-scene.ts';

test.each(['hset', 'set', 'xadd', 'xdel', 'evalsha'])(
  'the right to %s taken away and given back: nothing is refused, and all goes through',
  async (command) => {
    await using service = await startRedis();
    const admin = new Redis(service.url);
    await admin.call('acl', 'setuser', 'chat', 'on', 'nopass', '~*', '&*', '+@all');
    const redis = new Redis(service.url, { username: 'chat', password: 'any' });
    redis.on('error', () => {});
    {
      await using scene = await startStoreScene({ storage: memoryStorage(), redis, tuning: { leaseTtlMs: 2_000 } });
      await scene.send('before', 2);
      await admin.call('acl', 'setuser', 'chat', `-${command}`, '-eval');
      const waiting = scene.send('meanwhile', 2);
      waiting.catch(() => {});
      const failures: unknown[] = [];
      scene.app.messaging.on('retried', ({ error }) => failures.push(error));
      await eventually('something is refused', () => failures.length > 3 || scene.told.length > 0);
      await admin.call('acl', 'setuser', 'chat', `+${command}`, '+eval');
      await waiting;
      await scene.send('after', 1);
      expect(scene.deadLettered).toEqual([]);
    }
    redis.disconnect();
    admin.disconnect();
  },
);
