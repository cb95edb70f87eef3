import type { ServerEventName } from '@tidemark/server';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { connectStock, startApp } from '../../../test/support/app.ts';
import { metricsOf } from '../src/index.ts';
import { emitter } from './emitter.ts';
import { EVERY_EVENT } from './every-event.ts';
import { sampleOf, samplesOf } from './samples.ts';

test('every event that is observed moves a metric', async () => {
  const { messaging, emit } = emitter();
  const { registry } = metricsOf(messaging);
  const unmoved: string[] = [];
  for (const [name, payload] of Object.entries(EVERY_EVENT)) {
    const before = JSON.stringify(await samplesOf(registry));
    emit(name as ServerEventName, payload as never);
    if (JSON.stringify(await samplesOf(registry)) === before) unmoved.push(name);
  }
  // Each is told by the health, by other events as well, or changes nothing that is counted.
  expect(unmoved).toEqual(['erased', 'published', 'deployment-refused', 'clock-refused', 'workers-missed']);
});

test('no label holds what a user chose', async () => {
  const { messaging, emit } = emitter();
  const { registry } = metricsOf(messaging);
  for (const [name, payload] of Object.entries(EVERY_EVENT)) emit(name as ServerEventName, payload as never);
  expect(await registry.metrics()).not.toMatch(/somebody|secret/);
});

test('names follow the conventions: base units, and _total on counters alone', async () => {
  const { messaging } = emitter();
  const { registry } = metricsOf(messaging);
  const metrics = await registry.getMetricsAsJSON();
  expect(metrics.length).toBeGreaterThan(40);
  for (const { name, type, help } of metrics) {
    expect(name).toMatch(/^tidemark_[a-z_]+$/);
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
    expect(name.endsWith('_total')).toBe(String(type) === 'counter');
    expect(name).not.toMatch(/_(?:ms|milliseconds|kb|mb)\b/);
  }
});

test('partitions of which another process is the owner now are not shown any more', async () => {
  const { messaging, emit } = emitter();
  const { registry } = metricsOf(messaging);
  const load = EVERY_EVENT['load-measured'];
  emit('load-measured', { ...load, owned: [{ partition: 1, backlog: 7, lagMs: 1_500 }] });
  expect(await sampleOf(registry, 'tidemark_partition_lag_seconds', { partition: 1 })).toBe(1.5);
  emit('load-measured', { ...load, owned: [{ partition: 2, backlog: 0, lagMs: 0 }] });
  expect(await sampleOf(registry, 'tidemark_partition_backlog', { partition: 1 })).toBeUndefined();
  expect(await sampleOf(registry, 'tidemark_partition_backlog', { partition: 2 })).toBe(0);
});

test('two messagings of one process are told apart by registry or by prefix', async () => {
  await using one = await startApp();
  await using other = await startApp();
  const registry = new Registry();
  const first = metricsOf(one.messaging, { registry, prefix: 'one_' });
  const second = metricsOf(other.messaging, { registry, prefix: 'other_' });
  const third = metricsOf(other.messaging);
  await one.messaging.send({ as: 'alice', conversationId: 'd:alice,bob', type: 'text', content: { text: 'hello' } });
  expect(await sampleOf(registry, 'one_messages_total')).toBe(1);
  expect(await sampleOf(registry, 'other_messages_total')).toBe(0);
  expect(await sampleOf(third.registry, 'tidemark_messages_total')).toBe(0);
  first.close();
  expect(await registry.metrics()).not.toContain('one_');
  expect(await registry.metrics()).toContain('other_');
  second.close();
  second.close();
  expect(await registry.metrics()).toBe('\n');
});

test('after close a registry takes the same names again, and what happens is not counted', async () => {
  await using app = await startApp();
  await using client = connectStock(app.wsUrl, 'alice');
  const registry = new Registry();
  const first = metricsOf(app.messaging, { registry });
  const held = registry.getSingleMetric('tidemark_messages_total');
  first.close();
  const second = metricsOf(app.messaging, { registry });
  const text = { conversationId: 'd:alice,bob', type: 'text' as const, content: { text: 'hello' } };
  await client.trpc.chat.send.mutate({ ...text, clientMessageId: 'm1' });
  expect(await sampleOf(registry, 'tidemark_messages_total')).toBe(1);
  expect((await held?.get())?.values).toEqual([expect.objectContaining({ value: 0 })]);
  second.close();
});

test.each([
  [{ prefix: '1' }, 'prefix'],
  [{ prefix: 'a b' }, 'prefix'],
  [{ registry: {} as Registry }, 'registry'],
])('%o is refused by name', (options, field) => {
  expect(() => metricsOf(emitter().messaging, options)).toThrow(
    expect.objectContaining({ code: 'invalid_input', field }),
  );
});

test('a registry that has the names already is refused, and nothing listens or is left in it', async () => {
  const { messaging, listeners } = emitter();
  const registry = new Registry();
  const first = metricsOf(messaging, { registry });
  const before = listeners();
  expect(() => metricsOf(messaging, { registry })).toThrow(
    expect.objectContaining({ code: 'invalid_input', field: 'prefix' }),
  );
  expect(listeners()).toBe(before);
  first.close();
  expect(listeners()).toBe(0);
});
