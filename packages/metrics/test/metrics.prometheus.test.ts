import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ServerEventName } from '@tidemark/server';
import { beforeAll, expect, test } from 'vitest';
import { connectStock, eventually, startApp } from '../../../test/support/app.ts';
import { promtool, startPrometheus } from '../../../test/support/services/prometheus.ts';
import { metricsOf } from '../src/index.ts';
import { emitter } from './emitter.ts';
import { EVERY_EVENT } from './every-event.ts';

const alerts = fileURLToPath(new URL('../alerts.yml', import.meta.url));
const dashboard = readFileSync(new URL('../dashboard.json', import.meta.url), 'utf8');

/** With every label that it can have. */
let exposition = '';

beforeAll(async () => {
  const { messaging, emit } = emitter();
  const { registry } = metricsOf(messaging);
  for (const [name, payload] of Object.entries(EVERY_EVENT)) emit(name as ServerEventName, payload as never);
  exposition = await registry.metrics();
});

/** Names of samples that an expression or a dashboard names. */
function namesIn(text: string): string[] {
  return [...new Set(text.match(/\btidemark_[a-z_]+/g) ?? [])].sort();
}

const samples = (): Set<string> => new Set(exposition.match(/^tidemark_[a-z_]+/gm));

test('promtool finds nothing to say against the names and the help', () => {
  expect(execFileSync(promtool(), ['check', 'metrics'], { input: exposition, encoding: 'utf8' })).toBe('');
});

test('promtool parses the alert rules', () => {
  expect(execFileSync(promtool(), ['check', 'rules', alerts], { encoding: 'utf8' })).toMatch(/SUCCESS: \d+ rules/);
});

test('every metric that the alert rules and the dashboard name is in the registry', () => {
  const known = samples();
  const rules = readFileSync(alerts, 'utf8');
  expect(namesIn(rules).filter((name) => !known.has(name))).toEqual([]);
  expect(namesIn(dashboard).filter((name) => !known.has(name))).toEqual([]);
});

test('every metric is on the dashboard', () => {
  const shown = new Set(namesIn(dashboard).map((name) => name.replace(/_(?:bucket|sum|count)$/, '')));
  const names = [...exposition.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name);
  expect(names.filter((name) => !shown.has(name))).toEqual([]);
});

test('Prometheus reads a server, and evaluates every rule and every query of the dashboard', async () => {
  await using app = await startApp();
  const { registry } = metricsOf(app.messaging);
  const server = createServer((_, response) => {
    void registry.metrics().then((text) => response.setHeader('content-type', registry.contentType).end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await using prometheus = await startPrometheus(`127.0.0.1:${port}`, [alerts]);
    await using alice = connectStock(app.wsUrl, 'alice');
    for (const id of ['m1', 'm2', 'm3'])
      await alice.trpc.chat.send.mutate({
        conversationId: 'd:alice,bob',
        clientMessageId: id,
        type: 'text',
        content: { text: 'hello' },
      });
    const ask = async (path: string): Promise<{ status: string; data: never }> =>
      (await fetch(`${prometheus.url}/api/v1/${path}`)).json() as Promise<{ status: string; data: never }>;
    const query = async (expr: string): Promise<{ value: [number, string] }[]> =>
      ((await ask(`query?query=${encodeURIComponent(expr)}`)) as { data: { result: { value: [number, string] }[] } })
        .data.result;
    await eventually('the messages are counted', async () => {
      const [sample] = await query('tidemark_messages_total');
      return sample?.value[1] === '3';
    });
    const rules = await eventually('all rules were evaluated', async () => {
      const { groups } = (await ask('rules')).data as { groups: { rules: { health: string; state: string }[] }[] };
      const all = groups.flatMap((group) => group.rules);
      return all.length > 0 && all.every(({ health }) => health !== 'unknown') && all;
    });
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
    for (const expr of expressionsOf(dashboard))
      expect(await ask(`query?query=${encodeURIComponent(expr)}`)).toMatchObject({ status: 'success' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

/** Queries of the dashboard, with what Grafana would put for its variables. */
function expressionsOf(text: string): string[] {
  const { panels } = JSON.parse(text) as { panels: { targets?: { expr: string }[] }[] };
  const given = { $job: '.*', $instance: '.*', $__rate_interval: '1m' };
  return panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => Object.entries(given).reduce((sum, [name, value]) => sum.replaceAll(name, value), expr)),
  );
}
