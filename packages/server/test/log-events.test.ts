import { DeploymentError, TidemarkError, UnavailableError } from '@tidemark/core';
import pino from 'pino';
import { expect, test } from 'vitest';
import { type EventLogger, logEvents } from '../src/log-events.ts';
import { ServerEventBus } from '../src/server-events.ts';

function openLog() {
  const events = new ServerEventBus();
  const lines: { level: string; fields: object; message: string }[] = [];
  const write =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message });
    };
  const logger: EventLogger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  return { events, lines, logger };
}

test('an error is named by its class, its code and where it was thrown, never by what it says', () => {
  const { events, lines, logger } = openLog();
  logEvents(events, logger);
  const ofDriver = Object.assign(new Error('duplicate key: secret\n    at secret'), {
    code: '23505',
    detail: 'secret',
  });
  const error = new UnavailableError('secret', { cause: ofDriver });
  events.emit('retried', { what: 'carry-out', attempt: 1, delayMs: 20, error, partition: 3 });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      fields: {
        event: 'retried',
        what: 'carry-out',
        partition: 3,
        error: { name: 'UnavailableError', cause: { name: 'Error', code: '23505' } },
      },
    },
  ]);
  const text = JSON.stringify(lines);
  expect(text).not.toContain('secret');
  expect(text).toContain('log-events.test.ts');
});

test.each([
  ['a stack that was taken away', Object.assign(new Error('secret'), { stack: undefined })],
  ['a message that was changed', Object.assign(new Error('secret\n    at secret'), { message: 'another' })],
  ['a code that is a sentence', Object.assign(new Error('x'), { code: 'the secret of somebody' })],
  ['no error', 'secret'],
  ['a field', new TidemarkError('invalid_content', 'secret', { field: 'content.secret', reason: 'secret' })],
])('%s: nothing of it is written', (_, error) => {
  const { events, lines, logger } = openLog();
  logEvents(events, logger);
  events.emit('publish-failed', { nodeId: null, error });
  events.emit('store-failed', { reason: 'secret', error });
  events.emit('health-changed', { status: 'degraded', reasons: [{ what: 'store', text: 'secret' }] });
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('what a deployment is refused for is written out: it is ours, and for who runs it', () => {
  const { events, lines, logger } = openLog();
  logEvents(events, logger);
  const error = new DeploymentError([{ what: 'partitions', here: 8, there: 4 }], 'Stop these first.');
  events.emit('deployment-refused', { error });
  expect(JSON.stringify(lines)).toContain('partitions is 8 here and 4 there. Stop these first.');
});

test('it writes to pino, until it is stopped', () => {
  const { events } = openLog();
  const written: string[] = [];
  const stop = logEvents(events, pino({ level: 'debug' }, { write: (line) => written.push(line) }));
  events.emit('purged', { rows: 3 });
  stop();
  events.emit('purged', { rows: 4 });
  expect(written.map((line) => JSON.parse(line))).toMatchObject([
    { level: 20, event: 'purged', rows: 3, msg: 'rows past retention were removed' },
  ]);
});
