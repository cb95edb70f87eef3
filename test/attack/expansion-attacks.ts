import { type Attack, LITTLE } from './attack.ts';
import { type Attacker, verdict } from './attacker.ts';
import { FREEZING } from './identity-attacks.ts';
import { type Target, usual } from './target.ts';

const REFERENCES = 20_000;
const pairs = Array.from({ length: REFERENCES }, (_, index) => [index, index]);
const names = Array.from({ length: REFERENCES }, (_, index) => `a.${index}`);

/** 2^17 copies of a text of 3 kB, each level holding the one below twice. */
function doubling(conversationId: string): object {
  const equalities: Record<string, string[]> = {};
  let json: object = { text: 'x'.repeat(3_000) };
  for (let level = 0; level < 17; level += 1) json = { a: json, b: null };
  for (let level = 0; level < 17; level += 1) {
    const path = Array.from({ length: level }, () => 'a').join('.');
    const prefix = level === 0 ? '' : `${path}.`;
    equalities[`${prefix}a`] = [`${prefix}b`];
  }
  const conversation = { conversationId, clientMessageId: 'doubling', type: 'anything' };
  const nested = Object.fromEntries(
    Object.entries(equalities).map(([from, to]) => [`content.${from}`, to.map((path) => `content.${path}`)]),
  );
  return { json: { ...conversation, content: json }, meta: { referentialEqualities: nested } };
}

/** Inputs of few bytes that become much, before any schema has seen them. */
const INPUTS: readonly (readonly [name: string, input: (attacker: Attacker) => object])[] = [
  ['a typed array of a length that it does not have', () => FREEZING.params.input],
  [
    'a hundred of such arrays',
    () => ({
      json: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x${n}`, { length: 1e7 }])),
      meta: {
        values: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x${n}`, [['typed-array', 'Float64Array']]])),
      },
    }),
  ],
  [
    'a set with 20,000 annotations in it',
    () => ({
      json: { a: pairs.map(([index]) => index) },
      meta: { values: { a: ['set', Object.fromEntries(pairs.map(([index]) => [index, ['Date']]))] } },
    }),
  ],
  [
    'a map with 20,000 annotations in it',
    () => ({
      json: { a: pairs },
      meta: { values: { a: ['map', Object.fromEntries(pairs.map(([index]) => [`${index}.1`, ['Date']]))] } },
    }),
  ],
  [
    '20,000 equal references into a set',
    () => ({
      json: { a: pairs.map(([index]) => index), b: {} },
      meta: { values: { a: ['set'] }, referentialEqualities: { b: names } },
    }),
  ],
  [
    '20,000 equal references into a map',
    () => ({
      json: { a: pairs, b: {} },
      meta: { values: { a: ['map'] }, referentialEqualities: { b: names.map((name) => `${name}.1`) } },
    }),
  ],
  ['a text of 3 kB that is doubled 17 times', (attacker) => doubling(attacker.conversationId)],
  [
    '10,000 references to one text of 40 kB',
    (attacker) => ({
      json: {
        conversationId: attacker.conversationId,
        clientMessageId: 'wide',
        type: 'anything',
        content: {
          text: { long: 'x'.repeat(40_000) },
          ...Object.fromEntries(pairs.slice(0, 10_000).map(([n]) => [`k${n}`, 0])),
        },
      },
      meta: { referentialEqualities: { 'content.text': pairs.slice(0, 10_000).map(([n]) => `content.k${n}`) } },
    }),
  ],
  [
    'dates out of range, in thousands',
    () => ({
      json: { a: pairs.map(() => '+999999-99-99') },
      meta: { values: { a: Object.fromEntries(pairs.map(([index]) => [index, ['Date']])) } },
    }),
  ],
  [
    'regular expressions and big integers of a megabyte',
    () => ({
      json: { a: `/${'('.repeat(200_000)}${')'.repeat(200_000)}/`, b: '9'.repeat(500_000) },
      meta: { values: { a: ['regexp'], b: ['bigint'] } },
    }),
  ],
];

export const expansionAttacks: readonly Attack[] = INPUTS.flatMap(([name, input]): Attack[] => [
  {
    name,
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const known = socket.answers.length;
      socket.send({ id: 'big', method: 'mutation', params: { path: 'chat.send', input: input(attacker) } });
      await socket.until(() => socket.answers.length > known);
      const answer = socket.answers[known];
      return { isGranted: verdict(answer) === 'ok', delivered: await attacker.entriesOf(attacker.victim) };
    },
    must: { isGranted: false, delivered: 0 },
    cost: LITTLE,
  },
  {
    name: `${name}, over HTTP without a token`,
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const answer = await attacker.http({
        method: 'POST',
        path: '/trpc/chat.send',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input(attacker)),
      });
      return { isGranted: verdict(answer) === 'ok' };
    },
    must: { isGranted: false },
    cost: LITTLE,
  },
]);

/** Reads as fast as it can: what is bounded is the queue. */
const gateway: Target = { ...usual, messaging: { worker: false, limits: { readBytesPerSecond: 1e9 } } };

export const inputSizeAttacks: readonly Attack[] = [
  {
    name: '100,000 empty ids for a group',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const input = { memberIds: Array.from({ length: 100_000 }, () => '') };
      return { verdict: await attacker.call(socket, 'mutation', 'chat.conversations.createGroup', input) };
    },
    must: { verdict: 'too_many_members' },
    cost: LITTLE,
  },
  {
    name: '100,000 empty ids for a group, over HTTP without a token',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const input = { memberIds: Array.from({ length: 100_000 }, () => '') };
      return { verdict: verdict(await attacker.post('/trpc/chat.conversations.createGroup', input)) };
    },
    must: { verdict: 'unauthenticated' },
    cost: LITTLE,
  },
  {
    name: '74 groups of 8,000 people, where nobody takes them from the queue',
    who: 'a user',
    target: gateway,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const memberIds = Array.from({ length: 8_000 }, (_, index) => `${'x'.repeat(100)}${index}`);
      const requests = Array.from({ length: 74 }, () =>
        attacker.request('mutation', 'chat.conversations.createGroup', { memberIds }),
      );
      for (const request of requests) socket.send(request);
      const answers = await Promise.all(requests.map(({ id }) => socket.answerTo(id)));
      return { queued: answers.filter((answer) => verdict(answer) === 'outcome_unknown').length };
    },
    must: { queued: 0 },
    cost: { cpuMs: 6_000, memoryMb: 384 },
  },
  ...(
    [
      ['90,000 keys', () => `{${Array.from({ length: 90_000 }, (_, n) => `"k${n}":0`).join(',')}}`],
      ['arrays 100,000 deep', () => `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
      ['numbers that are none', () => '{"a":1e309,"b":-0,"c":-1e309}'],
      ['a surrogate alone', () => '{"a":"\\ud800","\\udfff":1}'],
    ] as const
  ).map(
    ([name, content]): Attack => ({
      name: `content of ${name}`,
      who: 'a user',
      target: usual,
      send: async (attacker) => {
        const socket = await attacker.signIn();
        const { conversationId } = attacker;
        const head = `"conversationId":"${conversationId}","clientMessageId":"c","type":"anything"`;
        socket.send(
          `{"id":"c","method":"mutation","params":{"path":"chat.send","input":{"json":{${head},"content":${content()}}}}}`,
        );
        const known = socket.answers.length;
        await socket.until(() => socket.answers.length > known);
        return { isCut: socket.end.isCut };
      },
      must: { isCut: false },
      cost: { cpuMs: 3_000, memoryMb: 256 },
    }),
  ),
];
