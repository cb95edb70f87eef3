import type { Cluster, Redis } from 'ioredis';
import type { Backplane } from '../../src/backplane.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { redisBackplane } from '../../src/redis-backplane.ts';
import { DEFAULTS, type Deploy } from './deployment.ts';

let deployments = 0;

/** Deployments on one Redis, told apart by their key prefix. */
export function redisDeploy(redis: () => Redis | Cluster): Deploy {
  return (options = {}) => {
    deployments += 1;
    const keyPrefix = `t${process.pid}-${deployments}:`;
    const backplanes: Backplane[] = [];
    return {
      process: () => {
        const backplane = redisBackplane({ ...DEFAULTS, ...options, redis: redis(), keyPrefix });
        backplanes.push(backplane);
        return backplane;
      },
      giveUp: async () => {
        await redis().del(redisKeys(keyPrefix).deployment);
      },
      deadLetters: async (partition) => {
        const letters = await redis().xrange(redisKeys(keyPrefix).dead(partition), '-', '+');
        return letters.map(([, [, reason = '', , at = '', , body = '']]) => ({ reason, at: Number(at), body }));
      },
      [Symbol.asyncDispose]: async () => {
        await Promise.all(backplanes.map((backplane) => backplane.close()));
      },
    };
  };
}
