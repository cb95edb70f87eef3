import { readFileSync } from 'node:fs';
import { ERRORS, type ErrorCode, TRANSPORT_CODES } from '@tidemark/core';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { askHttp, PageSockets } from './page-connections.ts';
import { Abbreviations, type Example, type ExampleLine, examplesOf } from './page-examples.ts';
import { startPlainApp } from './plain-app.ts';

const page = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');

/** A text as JSON where it is some; with what stands in front of it, as in lines of a stream of events. */
function parsed(text: string): unknown {
  const [, prefix = '', json = text] = /^(data: )?([[{].*)$/.exec(text) ?? [];
  try {
    return [prefix, JSON.parse(json)];
  } catch {
    return text;
  }
}

function idOf(text: string): unknown {
  const value = parsed(text);
  return Array.isArray(value) ? (value[1] as { id?: unknown }).id : value;
}

async function runSocketLines(lines: readonly ExampleLine[], sockets: PageSockets, short: Abbreviations) {
  for (const { user, direction, text, line } of lines) {
    if (direction === 'sends') {
      await sockets.send(user, short.expand(text));
      continue;
    }
    const answer = await sockets.take(user, (each) => idOf(each) === idOf(text));
    expect(short.difference(parsed(text), parsed(answer)), `PROTOCOL.md:${line}, which got ${answer}`).toBeUndefined();
  }
}

async function runHttp({ lines }: Example, port: number, short: Abbreviations) {
  const of = (direction: ExampleLine['direction']) => lines.filter((line) => line.direction === direction);
  const request = of('sends').map(({ text }, index) => (index === 0 ? short.expand(text) : text));
  const answer = await askHttp(port, request, of('gets').length);
  for (const [index, { text, line }] of of('gets').entries()) {
    const got = answer[index] ?? '';
    expect(short.difference(parsed(text), parsed(got)), `PROTOCOL.md:${line}, which got ${got}`).toBeUndefined();
  }
}

test('every example of PROTOCOL.md is what a server does', async () => {
  const examples = examplesOf(page);
  const short = new Abbreviations();
  // Heads are compared so rarely that every entry comes as it does on an idle machine: by a frame.
  await using app = await startPlainApp({ tuning: { headsEveryMs: 3_600_000 }, onReport: () => {} });
  await using other = await startApp({ tuning: { headsEveryMs: 3_600_000 } });
  const [plain, superjson] = [new PageSockets(app.port), new PageSockets(other.port)];
  try {
    for (const example of examples) {
      if (example.kind === 'http') await runHttp(example, app.port, short);
      else await runSocketLines(example.lines, example.kind === 'ws' ? plain : superjson, short);
    }
    expect([...plain.rest(), ...superjson.rest()], 'frames of which the page says nothing').toEqual([]);
  } finally {
    plain.close();
    superjson.close();
  }
  expect(new Set(examples.map(({ kind }) => kind))).toEqual(new Set(['ws', 'http', 'superjson']));
});

test('the page has every error with its policy, and every procedure with an example', () => {
  const policies = { 'give-up': 'give up', retry: 'retry', reconnect: 'reconnect' };
  const rows = (Object.keys(ERRORS) as ErrorCode[]).map(
    (code) => `| \`${code}\` | \`${TRANSPORT_CODES[code]}\` | ${policies[ERRORS[code].policy]} |`,
  );
  for (const row of rows) expect(page).toContain(row);
  const called = new Set(
    examplesOf(page).flatMap(({ lines }) =>
      lines.flatMap(({ text }) => /"path":"chat\.([\w.]+)"/.exec(text)?.[1] ?? []),
    ),
  );
  const described = [...page.matchAll(/^\| `([\w.]+)` \| (?:query|mutation|subscription) \|/gm)].map(
    ([, name]) => name,
  );
  expect(described.length).toBeGreaterThan(10);
  expect(described.filter((name) => !called.has(name as string))).toEqual([]);
});

test('the page says what to do about every code with which a socket is closed', () => {
  const source = readFileSync(new URL('../../packages/server/src/gate/close-codes.ts', import.meta.url), 'utf8');
  const codes = [...source.matchAll(/: (\d{4}),/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((code) => !page.includes(`\n| ${code} | `))).toEqual([]);
});

test('an example that is not what a server does is found', () => {
  const short = new Abbreviations();
  expect(short.difference({ a: ['x…', 1] }, { a: ['long', 1] })).toBeUndefined();
  expect(short.difference({ a: 'x…' }, { a: 'other' })).toMatch(/^\/a: /);
  expect(short.difference({ a: 1 }, { a: 1, b: 2 })).toMatch(/^\/b: is not in the example/);
  expect(short.difference({ a: 1, b: 2 }, { a: 1 })).toMatch(/^\/b: is missing/);
  expect(short.difference({ at: 1_790_000_000_000 }, { at: 12 })).toMatch(/^\/at: /);
  expect(short.difference('g:y…', 'd:zz')).toMatch(/^it: /);
  expect(short.expand('→ "x…"')).toBe('→ "long"');
  expect(() => examplesOf('```ws\nneither\n```')).toThrow(/line 2/);
});
