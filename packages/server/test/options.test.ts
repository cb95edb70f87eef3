import { DEFAULT_LIMITS, type Limits, type Storage, systemClock, TidemarkError } from '@tidemark/core';
import { memoryHistory, memoryInbox, memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createMessaging } from '../src/create-messaging.ts';
import { memoryBackplane } from '../src/memory-backplane.ts';
import { type MessagingOptions, parseOptions } from '../src/options.ts';
import { tuning } from '../src/tuning.ts';
import { ManualClock } from './support/manual-clock.ts';

const content = { text: z.object({ text: z.string() }) };
type Options = MessagingOptions<typeof content>;

function parse(options: Record<string, unknown> = {}) {
  return parseOptions({ content, storage: memoryStorage(), ...options } as Options);
}

function refusal(options: Record<string, unknown>): { field: string | undefined; detail: string } {
  try {
    parse(options);
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error;
    expect(error.code).toBe('invalid_input');
    return { field: error.field, detail: error.detail };
  }
  throw new Error('the options were accepted');
}

test('everything but content and storage has its documented default', () => {
  const { settings } = parse();
  expect(settings).toMatchObject({
    worker: true,
    keyPrefix: 'tm:',
    partitions: 8,
    limits: DEFAULT_LIMITS,
    authorizeTimeoutMs: 2_000,
    reportTimeoutMs: 10_000,
    retentionMs: 14 * 24 * 3_600_000,
    receiptTimeoutMs: 10_000,
    voidAfterMs: 2_000,
    leaseTtlMs: 3_000,
    batch: 200,
    batchRows: 5_000,
    batchBytes: 4 * 1024 * 1024,
    readAhead: 10_000,
    readAheadBytes: 8 * 1024 * 1024,
    backlog: 10_000,
    backlogBytes: 64 * 1024 * 1024,
    deadLetterRetentionMs: 30 * 24 * 3_600_000,
    refusalRetentionMs: 24 * 3_600_000,
    deadLetters: 1_000,
    attempts: 10,
    parkAfterMs: 30_000,
    headsEveryMs: 3_000,
    presenceTtlMs: 30_000,
    openTimeoutMs: 5_000,
    maxClockSkewMs: 300_000,
    drainTimeoutMs: 5_000,
    closeTimeoutMs: 10_000,
    clock: systemClock,
    random: Math.random,
  });
});

test('an inbox store that expires entries by itself says how long they are kept, and no other retention is accepted', () => {
  const inbox = { ...memoryInbox(), retentionMs: 4_000 };
  const storage = { history: memoryHistory(), inbox };
  expect(parse({ storage }).settings.retentionMs).toBe(4_000);
  expect(parse({ storage, retentionMs: 4_000 }).settings.retentionMs).toBe(4_000);
  expect(refusal({ storage, retentionMs: 5_000 })).toEqual({
    field: 'retentionMs',
    detail: 'must be absent, or 4000 as the inbox store has it, which removes entries by itself',
  });
});

test('a process without a name is given one, each its own', () => {
  const names = [parse().settings.nodeId, parse().settings.nodeId];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9-]{1,64}$/);
});

test('what is given is taken, and undefined is the default', () => {
  const clock = new ManualClock();
  const given = { nodeId: 'node-7', partitions: 1, worker: false, keyPrefix: '', retentionMs: undefined, clock };
  const { settings } = parse(given);
  expect(settings).toMatchObject({ nodeId: 'node-7', partitions: 1, worker: false, keyPrefix: '', clock });
  expect(settings.retentionMs).toBe(14 * 24 * 3_600_000);
});

test('limits that are not given keep their defaults beside those that are', () => {
  expect(parse({ limits: { page: 7 } }).settings.limits).toEqual({ ...DEFAULT_LIMITS, page: 7 });
});

test('a command may be as large as the other limits allow, unless limits.commandBytes says otherwise', () => {
  const commandBytes = (limits: Partial<Limits>): number => parse({ limits }).settings.limits.commandBytes;
  const large = { contentBytes: 1024 * 1024, frameBytes: 2 * 1024 * 1024, inputBytes: 2 * 1024 * 1024 };
  expect(commandBytes(large)).toBeGreaterThan(1024 * 1024);
  expect(commandBytes({ inboxMembers: 10_000 })).toBeGreaterThan(10_000 * 2 * 128);
  expect(commandBytes({ contentBytes: 10_000, commandBytes: 20_000 })).toBe(20_000);
});

describe('limits that would break each other’s promise are refused by both names', () => {
  const MIB = 1024 * 1024;
  test.each<[string, Record<string, unknown>, string, string]>([
    [
      'a content that fills its frame',
      { contentBytes: MIB, inputBytes: 2 * MIB },
      'limits.frameBytes',
      'limits.contentBytes',
    ],
    ['a frame below the default content', { frameBytes: 8_192 }, 'limits.frameBytes', 'limits.contentBytes'],
    [
      'a content beyond its input',
      { contentBytes: MIB, frameBytes: 2 * MIB },
      'limits.inputBytes',
      'limits.contentBytes',
    ],
    ['a content beyond its command', { commandBytes: 64 * 1024 }, 'limits.commandBytes', 'limits.contentBytes'],
    [
      'parameters beyond their frame',
      { contentBytes: 1_000, frameBytes: 8_192 },
      'limits.frameBytes',
      'limits.parametersBytes',
    ],
  ])('%s', (_, limits, field, other) => {
    const refused = refusal({ limits });
    expect(refused.field).toBe(field);
    expect(refused.detail).toContain(other);
    expect(refused.detail).toMatch(/^is \d+, and must be at least \d+: /);
  });

  test('and the least that is named is accepted', () => {
    const { detail } = refusal({ limits: { frameBytes: 20_000 } });
    const least = Number(/at least (\d+)/.exec(detail)?.[1]);
    expect(parse({ limits: { frameBytes: least } }).settings.limits.frameBytes).toBe(least);
  });
});

const HOUR = 3_600_000;

/** Option → values it refuses, and the rule its refusal states. */
const RULES: readonly [field: string, values: readonly unknown[], rule: RegExp][] = [
  ['warnings', ['no', 0], /boolean/],
  ['worker', ['yes', 1, null], /boolean/],
  ['keyPrefix', ['{x}', 'a b', 'x'.repeat(65), 7], /braces or blanks|string/],
  ['partitions', [0, 257, 1.5, '8', Number.NaN], />=1|<=256|int|number/],
  ['retentionMs', [999, 11 * 365 * 24 * HOUR, '14d', Number.POSITIVE_INFINITY], />=1000|<=|number/],
  ['tuning.receiptTimeoutMs', [99, HOUR + 1, -1], />=100|<=3600000/],
  ['tuning.voidAfterMs', [9, HOUR + 1], />=10|<=3600000/],
  ['tuning.leaseTtlMs', [99, HOUR + 1], />=100|<=3600000/],
  ['tuning.batch', [0, 10_001, 2.5], />=1|<=10000|int/],
  ['tuning.batchRows', [0, 1_000_001, 2.5], />=1|<=1000000|int/],
  ['tuning.batchBytes', [0, 2 ** 30 + 1, 2.5], />=1|<=1073741824|int/],
  ['tuning.readAhead', [0, 10_000_001, 2.5], />=1|<=10000000|int/],
  ['tuning.readAheadBytes', [0, 2 ** 30 + 1, 2.5], />=1|<=1073741824|int/],
  ['tuning.backlog', [0, 10_000_001], />=1|<=10000000/],
  ['tuning.maxmemoryShare', [0.09, 1.01], />=0.1|<=1/],
  [
    'tuning.backlogBytes',
    [1023, 2 ** 40 + 1, DEFAULT_LIMITS.commandBytes - 1],
    />=1024|<=1099511627776|limits.commandBytes/,
  ],
  ['tuning.deadLetters', [0, 1_000_001], />=1|<=1000000/],
  ['tuning.deadLetterRetentionMs', [59_999, 11 * 365 * 24 * HOUR], />=60000|<=/],
  ['tuning.refusalRetentionMs', [59_999, 11 * 365 * 24 * HOUR], />=60000|<=/],
  ['tuning.attempts', [0, 101], />=1|<=100/],
  ['tuning.parkAfterMs', [-1, 24 * HOUR + 1], />=0|<=86400000/],
  ['tuning.headsEveryMs', [49, HOUR + 1], />=50|<=3600000/],
  ['tuning.presenceTtlMs', [299, HOUR + 1], />=300|<=3600000/],
  ['tuning.openTimeoutMs', [-1, HOUR + 1], />=0|<=3600000/],
  ['tuning.maxClockSkewMs', [4_999, 24 * HOUR + 1], />=5000|<=86400000/],
  ['tuning.drainTimeoutMs', [-1, HOUR + 1], />=0|<=3600000/],
  ['tuning.closeTimeoutMs', [-1, HOUR + 1], />=0|<=3600000/],
  ['nodeId', ['', 'a b', 'x'.repeat(65), 'node_1', 7], /letters, digits|string/],
  ['limits.contentBytes', [0, 1024 * 1024 + 1], />=1|<=1048576/],
  ['limits.commandBytes', [1023, 64 * 1024 * 1024 + 1], />=1024|<=67108864/],
  ['limits.inboxMembers', [0, 100_001], />=1|<=100000/],
  ['limits.editWindowMs', [-1, '1d', Number.NaN], />=0|number/],
  ['limits.revokeWindowMs', [-1, '1d', Number.NaN], />=0|number/],
  ['limits.versions', [0, 1_001, 2.5], />=1|<=1000|int/],
  ['limits.page', [0, 10_001], />=1|<=10000/],
  ['limits.pageBytes', [1_023, 64 * 1024 * 1024 + 1, 1.5], />=1024|<=67108864|int/],
  ['limits.unread', [0, 100_001, 1.5], />=1|<=100000|int/],
  ['limits.frameBytes', [1023, 64 * 1024 * 1024 + 1], />=1024|<=67108864/],
  ['limits.readBytesPerSecond', [1023, 0], />=1024/],
  ['limits.callsPerSecond', [0, -1], />0/],
  ['limits.callBurst', [0, 0.5], />=1/],
  ['limits.bytesPerToken', [1_023, 1_024.5], />=1024|int/],
  ['limits.recipientsPerToken', [0, 1.5], />=1|int/],
  ['limits.readsPerUser', [0, 10_001], />=1|<=10000/],
  ['limits.conversationsPerHour', [0, 1.5], />=1|int/],
  ['limits.invitationsPerHour', [0, 1.5], />=1|int/],
  ['authorizeTimeoutMs', [9, HOUR + 1, '1s'], />=10|<=3600000|number/],
  ['reportTimeoutMs', [9, HOUR + 1, '1s'], />=10|<=3600000|number/],
  ['limits.feedsPerUser', [0, 10_001], />=1|<=10000/],
  ['limits.socketBufferBytes', [16 * 1024 - 1], />=16384/],
  ['limits.slowSocketGraceMs', [9, HOUR + 1], />=10|<=3600000/],
  ['limits.parametersBytes', [0, 1024 * 1024 + 1], />=1|<=1048576/],
  ['limits.callsPerFrame', [0, 10_001, 1.5], />=1|<=10000|int/],
  ['limits.callsUnderWay', [0, 10_001], />=1|<=10000/],
  ['limits.inputBytes', [0, 64 * 1024 * 1024 + 1], />=1|<=67108864/],
  ['limits.inputAnnotations', [0, 1_000_001], />=1|<=1000000/],
  ['limits.inputReferences', [0, 1_000_001], />=1|<=1000000/],
  ['limits.inputEntries', [0, 100_000_001], />=1|<=100000000/],
  ['limits.sockets', [0, 10_000_001], />=1|<=10000000/],
  ['limits.unidentifiedSockets', [0, 10_000_001], />=1|<=10000000/],
  ['limits.socketsPerUser', [0, 10_000_001], />=1|<=10000000/],
  ['limits.reactionsPerUser', [0, 1_001, 2.5], />=1|<=1000|int/],
  ['limits.pins', [0, 201, 2.5], />=1|<=200|int/],
  ['limits.mentions', [0, 1_001, 2.5], />=1|<=1000|int/],
  ['limits.mentionAllMembers', [0, 100_001, 2.5], />=1|<=100000|int/],
  ['limits.quoteBytes', [-1, 1_048_577, 2.5], />=0|<=1048576|int/],
  ['limits.reactionKeys', [0, 1_001, 2.5], />=1|<=1000|int/],
  ['limits', [7, null], /object/],
  ['tuning', [7, null], /object/],
  ['reactions', [7, null], /object/],
  ['permissions', [7, null], /object/],
];

describe.each(RULES)('%s', (field, values, rule) => {
  test.each(values.map((value) => [value]))('refuses %j, naming itself and its rule', (value) => {
    const [name, inner] = field.split('.') as [string, string | undefined];
    const { field: named, detail } = refusal({ [name]: inner === undefined ? value : { [inner]: value } });
    expect(named).toBe(field);
    expect(detail).toMatch(rule);
  });
});

test('every option with a rule is covered above', () => {
  const { clock, random, limits, ...settings } = parse().settings;
  const names = [
    ...Object.keys(settings).map((name) => (name in tuning.shape ? `tuning.${name}` : name)),
    'tuning',
    'limits',
    ...Object.keys(limits).map((name) => `limits.${name}`),
    // Absent unless set.
    'limits.revokeWindowMs',
  ];
  expect(RULES.map(([field]) => field).sort()).toEqual(names.sort());
  expect([clock, random]).toEqual([systemClock, Math.random]);
});

test('who may pin, and who may mention all, is one of two words', () => {
  expect(refusal({ permissions: { mentionAll: true } })).toMatchObject({ field: 'permissions.mentionAll' });
  expect(refusal({ permissions: { pin: 'admin' } })).toMatchObject({ field: 'permissions.pin' });
  expect(parse({ permissions: { pin: 'everybody' } }).settings.permissions).toEqual({
    pin: 'everybody',
    mentionAll: 'owner',
  });
});

test('keys of reactions are named by their place in the list', () => {
  expect(refusal({ reactions: { keys: ['👍', 'two words'] } })).toMatchObject({ field: 'reactions.keys.1' });
  expect(refusal({ reactions: { keys: '👍' } })).toMatchObject({ field: 'reactions.keys' });
});

describe('options that do not exist', () => {
  test('are refused by name, so that a typing error does not pass as a default', () => {
    expect(refusal({ partition: 8 }).detail).toContain('"partition"');
    const inLimits = refusal({ limits: { pages: 8 } });
    expect([inLimits.field, inLimits.detail]).toEqual(['limits', expect.stringContaining('"pages"')]);
    const inTuning = refusal({ tuning: { leaseTtl: 600 } });
    expect([inTuning.field, inTuning.detail]).toEqual(['tuning', expect.stringContaining('"leaseTtl"')]);
  });
});

describe('an option that was moved or renamed since 0.1 is refused, and its new name told', () => {
  test.each([
    ['leaseTtl', 'tuning.leaseTtlMs'],
    ['headsEvery', 'tuning.headsEveryMs'],
    ['receiptTimeoutMs', 'tuning.receiptTimeoutMs'],
    ['parkAfterMs', 'tuning.parkAfterMs'],
    ['batch', 'tuning.batch'],
    ['retention', 'retentionMs'],
  ])('%s', (old, now) => {
    expect(refusal({ [old]: 600 })).toEqual({ field: old, detail: `is now ${now}` });
  });
});

test('tuning that is not given keeps its defaults beside what is, and undefined is the default', () => {
  const { settings } = parse({ tuning: { leaseTtlMs: 600, batch: undefined } });
  expect(settings).toMatchObject({ leaseTtlMs: 600, batch: 200, receiptTimeoutMs: 10_000 });
});

describe('content', () => {
  test.each([undefined, null, {}, 'text'])('that names no kind is refused: %j', (value) => {
    expect(refusal({ content: value })).toMatchObject({ field: 'content' });
  });

  test('is checked when messaging is made, naming the kind', () => {
    const made = () => createMessaging({ content: { 'no spaces': content.text }, storage: memoryStorage() });
    expect(made).toThrow(expect.objectContaining({ code: 'invalid_input', field: 'content.no spaces' }));
  });
});

describe('storage', () => {
  test.each([
    [undefined, 'storage'],
    [null, 'storage'],
    ['memory', 'storage'],
    [{}, 'storage.history'],
    [{ history: memoryHistory() }, 'storage.inbox'],
    [{ history: {}, inbox: memoryInbox() }, 'storage.history'],
  ])('that is none is refused: %#', (storage, field) => {
    expect(refusal({ storage }).field).toBe(field);
  });

  test('with both roles is taken as it is', () => {
    const storage: Storage = memoryStorage();
    expect(parse({ storage }).storage).toBe(storage);
  });

  test('of two stores is composed, and says that it is not atomic', () => {
    const history = memoryHistory();
    const { storage } = parse({ storage: { history, inbox: memoryInbox() } });
    expect(storage.history).toBe(history);
    expect(storage.capabilities).toMatchObject({ name: 'composed', atomic: false });
  });
});

test('redis and a backplane of one’s own exclude each other', () => {
  const backplane = memoryBackplane({ partitions: 8, backlog: 10, deadLetters: 10 });
  expect(refusal({ backplane, redis: {} })).toMatchObject({
    field: 'backplane',
    detail: 'give either redis or backplane',
  });
  expect(() => parse({ backplane })).not.toThrow();
});
