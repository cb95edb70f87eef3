import { FAULTS } from '@tidemark/testkit/verify';
import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { applicableFaults, CONFIGURATIONS } from './configurations.ts';

const parse = (...args: string[]) => parseCommandLine(args, { configurations: CONFIGURATIONS, faults: FAULTS });

test('without options it is a minute of redis-postgres with all faults', () => {
  expect(parse()).toMatchObject({
    configurations: [{ name: 'redis-postgres' }],
    seeds: [1],
    seconds: 60,
    users: 20,
    devicesPerUser: 2,
    faults: 'all',
    json: false,
    keep: false,
  });
});

test('configurations, seeds and faults are chosen by name', () => {
  const request = parse('--config=embedded,redis-mariadb', '--seeds=3..5', '--faults=kill-server,ws-cut', '--json');
  expect(request).toMatchObject({
    configurations: [{ name: 'embedded' }, { name: 'redis-mariadb' }],
    seeds: [3, 4, 5],
    faults: ['kill-server', 'ws-cut'],
    json: true,
  });
  expect(parse('--config=all')).toMatchObject({ configurations: CONFIGURATIONS.map(({ name }) => ({ name })) });
  expect(parse('--faults=none')).toMatchObject({ faults: [] });
  expect(parse('--help')).toBe('help');
  expect(parse('--list')).toBe('list');
});

test('what there is not is an error that names what there is', () => {
  expect(() => parse('--config=postgres')).toThrow(/there is no postgres; there are embedded, redis-postgres, /);
  expect(() => parse('--faults=kill-server,flood')).toThrow(/there is no flood; there are kill-server, /);
  expect(() => parse('--seconds=soon')).toThrow('--seconds must be a whole number from 1 to 86400, not soon');
  expect(() => parse('--seeds=5..3')).toThrow('--seeds must be a whole number from 5');
  expect(() => parse('--seeds=five')).toThrow('--seeds must be FROM..TO, not five');
  expect(() => parse('--seed=1', '--seeds=1..2')).toThrow('give either --seed or --seeds');
  expect(() => parse('--wait')).toThrow('--wait');
});

test('a fault applies where there is something for it to befall', () => {
  const where = (kind: string) =>
    CONFIGURATIONS.map(({ name }) => name).filter((name) => applicableFaults(name).includes(kind));
  expect(where('kill-server')).toEqual(CONFIGURATIONS.map(({ name }) => name));
  expect(where('disk-full')).toEqual(['embedded']);
  expect(where('store-restored')).toEqual(['embedded', 'redis-postgres', 'redis-mariadb', 'cluster-postgres']);
  expect(where('second-deployment')).toEqual(['redis-postgres', 'redis-mariadb', 'redis-postgres-mongo']);
  expect(where('redis-full')).toEqual(['redis-postgres', 'redis-mariadb', 'redis-postgres-mongo', 'cluster-postgres']);
  expect(where('store-refuses')).toEqual(where('clock-skew'));
  expect(where('after-history-commit')).toEqual(['redis-postgres-mongo']);
  expect(where('cluster-node-loss')).toEqual(['cluster-postgres']);
  expect(where('redis-lagging-failover')).toEqual(['redis-postgres', 'redis-mariadb', 'redis-postgres-mongo']);
  for (const kind of FAULTS.keys()) expect(where(kind), kind).not.toEqual([]);
});
