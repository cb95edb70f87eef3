import { healthEndpoints } from '@tidemark/server';
import { postgresStorage } from '@tidemark/storage-postgres';
import pg from 'pg';
import { expect, test } from 'vitest';
import { connectStock, eventually, startApp } from '../support/app.ts';
import { startPostgres } from '../support/services/postgres.ts';

test('a store that is killed makes a process degraded and not unready; it is well again by itself, and unready before it closes', async () => {
  await using postgres = await startPostgres();
  const pool = new pg.Pool({ connectionString: postgres.url });
  pool.on('error', () => {});
  await using app = await startApp({ storage: postgresStorage({ pool }), tuning: { receiptTimeoutMs: 1_000 } });
  const endpoints = healthEndpoints(app.messaging);
  const ask = (path: string) => endpoints.fetch(new Request(`http://localhost${path}`)) as Response;
  const codes = () => ['/livez', '/readyz', '/healthz'].map((path) => ask(path).status);
  const client = connectStock(app.wsUrl, 'alice');
  let n = 0;
  const send = () =>
    client.trpc.chat.send.mutate({
      conversationId: 'd:alice,bob',
      clientMessageId: `m${n++}`,
      type: 'text',
      content: { text: 'hello' },
    });
  await send();
  expect(codes()).toEqual([200, 200, 200]);

  await postgres.kill9();
  await expect(send()).rejects.toThrow();
  await eventually('it is degraded', () => ask('/healthz').status === 503);
  expect(codes()).toEqual([200, 200, 503]);
  expect(await ask('/healthz').json()).toEqual({ status: 'degraded', reasons: [{ what: 'store' }] });

  await postgres.restart();
  await eventually('it is well again', () => ask('/healthz').status === 200);

  const order: string[] = [];
  app.messaging.on('health-changed', ({ status }) => order.push(`${status}, ready: ${ask('/readyz').status}`));
  app.messaging.on('released', () => order.push('a partition is free'));
  client.socket.connection?.ws.addEventListener('close', () => order.push('the socket is closed'));
  await app.messaging.close();
  await eventually('the socket is closed', () => order.includes('the socket is closed'));
  expect(order[0]).toBe('closed, ready: 503');
  expect(new Set(order.slice(1))).toEqual(new Set(['a partition is free', 'the socket is closed']));
  expect(codes()).toEqual([200, 503, 503]);
  await client[Symbol.asyncDispose]();
  await pool.end();
});
