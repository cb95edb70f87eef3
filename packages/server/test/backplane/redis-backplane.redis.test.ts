import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { startRedis } from '../../../../test/support/services/redis.ts';
import type { Service } from '../../../../test/support/services/service.ts';
import { describeBackplane } from './backplane-suite.ts';
import { redisDeploy } from './redis-deployment.ts';

let service: Service;
let redis: Redis;

beforeAll(async () => {
  service = await startRedis();
  redis = new Redis(service.url);
});

afterAll(async () => {
  redis?.disconnect();
  await service?.[Symbol.asyncDispose]();
});

describeBackplane(
  'Redis',
  redisDeploy(() => redis),
);
