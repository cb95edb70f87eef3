import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { healthEndpoints } from '../src/health-endpoints.ts';
import type { HealthReport, HealthStatus } from '../src/health-report.ts';

const reasons = [{ what: 'store', text: 'connect ECONNREFUSED 10.0.0.7:5432' }];

/** A messaging of which a test says how it is. */
function well(status: HealthStatus) {
  const state: { now: HealthReport } = { now: { status, reasons } };
  return { state, health: () => state.now };
}

const codeOf = async (endpoints: ReturnType<typeof healthEndpoints>, path: string, method = 'GET') =>
  endpoints.fetch(new Request(`http://localhost${path}`, { method }))?.status;

test.each<[HealthStatus, number, number, number]>([
  ['starting', 200, 503, 503],
  ['ok', 200, 200, 200],
  ['degraded', 200, 200, 503],
  ['refused', 200, 503, 503],
  ['closed', 200, 503, 503],
])('%s: live %i, ready %i, well %i', async (status, live, ready, healthy) => {
  const endpoints = healthEndpoints(well(status));
  expect(await codeOf(endpoints, '/livez')).toBe(live);
  expect(await codeOf(endpoints, '/readyz?verbose')).toBe(ready);
  expect(await codeOf(endpoints, '/healthz')).toBe(healthy);
});

test('an answer names the reasons, and says their sentences only where it is told to', async () => {
  const request = new Request('http://localhost/healthz');
  const short = healthEndpoints(well('degraded')).fetch(request);
  expect(await short?.json()).toEqual({ status: 'degraded', reasons: [{ what: 'store' }] });
  expect(short?.headers.get('cache-control')).toBe('no-store');
  const long = healthEndpoints(well('degraded'), { texts: true }).fetch(request);
  expect(await long?.json()).toEqual({ status: 'degraded', reasons });
});

test('draining takes it out of the service while it is live', async () => {
  const endpoints = healthEndpoints(well('ok'));
  endpoints.drain();
  expect(await codeOf(endpoints, '/readyz')).toBe(503);
  expect(await codeOf(endpoints, '/livez')).toBe(200);
  expect(await endpoints.fetch(new Request('http://localhost/healthz'))?.json()).toMatchObject({ draining: true });
});

test('other paths are left alone, and other methods refused', async () => {
  const endpoints = healthEndpoints(well('ok'), { basePath: '/internal' });
  for (const path of ['/readyz', '/internal', '/internal/', '/internal/constructor', '/internal/readyz/x'])
    expect(await codeOf(endpoints, path)).toBeUndefined();
  expect(await codeOf(endpoints, '/internal/readyz')).toBe(200);
  expect(await codeOf(endpoints, '/internal/readyz', 'POST')).toBe(405);
  expect(() => healthEndpoints(well('ok'), { basePath: 'internal/' })).toThrow(
    expect.objectContaining({ code: 'invalid_input', field: 'basePath' }),
  );
});

test('on a server of node:http the application answers what is not its own', async () => {
  const endpoints = healthEndpoints(well('starting'));
  const server = createServer((request, response) => {
    if (!endpoints.handle(request, response)) response.end('of the application');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });
  try {
    expect(await (await ask('/')).text()).toBe('of the application');
    expect((await ask('/livez')).status).toBe(200);
    expect(await (await ask('/readyz')).json()).toMatchObject({ status: 'starting' });
    const head = await ask('/readyz', 'HEAD');
    expect([head.status, await head.text()]).toEqual([503, '']);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
