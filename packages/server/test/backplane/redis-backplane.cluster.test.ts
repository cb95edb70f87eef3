import { Cluster } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../../../test/support/services/redis-cluster.ts';
import { describeBackplane } from './backplane-suite.ts';
import { redisDeploy } from './redis-deployment.ts';

let service: RedisCluster;
let cluster: Cluster;

beforeAll(async () => {
  service = await startRedisCluster();
  cluster = new Cluster([...service.urls]);
});

afterAll(async () => {
  cluster?.disconnect();
  await service?.[Symbol.asyncDispose]();
});

describeBackplane(
  'Redis Cluster',
  redisDeploy(() => cluster),
);
