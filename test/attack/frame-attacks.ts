import { type Attack, LITTLE, type Outcome } from './attack.ts';
import type { Attacker } from './attacker.ts';
import { frame, OPCODES, textFrame } from './raw-socket.ts';
import { usual } from './target.ts';

/** Bytes that are no frames of a client, and the code with which they are answered. */
const MALFORMED: readonly (readonly [name: string, bytes: Buffer, code: number])[] = [
  ['a frame without a mask', frame(OPCODES.text, '{}', { isMasked: false }), 1002],
  ['a frame with the first reserved bit', frame(OPCODES.text, '{}', { reserved: 0x40 }), 1002],
  ['a frame with all reserved bits', frame(OPCODES.text, '{}', { reserved: 0x70 }), 1002],
  ['a frame of an unknown kind', frame(3, '{}'), 1002],
  ['an unknown control frame', frame(0xb, '{}'), 1002],
  ['a continuation of nothing', frame(OPCODES.continuation, '{}'), 1002],
  [
    'a second message within a fragmented one',
    Buffer.concat([frame(OPCODES.text, '{', { isFinal: false }), textFrame('{}')]),
    1002,
  ],
  ['a fragmented ping', frame(OPCODES.ping, 'x', { isFinal: false }), 1002],
  ['a ping of 126 bytes', frame(OPCODES.ping, 'x'.repeat(126)), 1002],
  ['a close frame of 126 bytes', frame(OPCODES.close, 'x'.repeat(126)), 1002],
  ['a close frame of one byte', frame(OPCODES.close, 'x'), 1002],
  ['a close frame with a forbidden code', frame(OPCODES.close, Buffer.from([0x03, 0xed])), 1002],
  ['a close frame whose reason is no UTF-8', frame(OPCODES.close, Buffer.from([0x03, 0xe8, 0xff])), 1007],
  ['bad UTF-8', frame(OPCODES.text, Buffer.from([0x22, 0xc3, 0x28, 0xf0, 0x90, 0x22])), 1007],
  ['a surrogate encoded in UTF-8', frame(OPCODES.text, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), 1007],
  ['a frame of 2^63 bytes', frame(OPCODES.text, '', { length: 2n ** 63n }), 1009],
  ['a frame of 2^63 - 1 bytes', frame(OPCODES.text, '', { length: 2n ** 63n - 1n }), 1009],
  ['a frame of 2^53 bytes', frame(OPCODES.text, '', { length: 2n ** 53n }), 1009],
  ['a frame that claims one byte more than it may have', frame(OPCODES.text, '', { length: 1024n * 1024n + 1n }), 1009],
  [
    'fragments that are too large together',
    Buffer.concat([
      frame(OPCODES.text, Buffer.alloc(600_000, 'x'), { isFinal: false }),
      frame(OPCODES.continuation, Buffer.alloc(600_000, 'x')),
    ]),
    1009,
  ],
];

/** Texts that are no request. Whoever sends them is answered with an error, or closed, and nothing is stored. */
const NO_REQUESTS: readonly string[] = [
  '',
  ' ',
  'null',
  'true',
  '1e309',
  '"text"',
  '[]',
  '{}',
  '[[[]]]',
  '[null,1,"x",{}]',
  '{"id":1}',
  '{"id":{},"method":"query","params":{"path":"chat.inbox.head"}}',
  '{"id":[1],"method":"query","params":{"path":"chat.inbox.head"}}',
  '{"id":1,"method":"query"}',
  '{"id":2,"method":"query","params":null}',
  '{"id":3,"method":"query","params":{"path":7}}',
  '{"id":4,"method":"query","params":{"path":"__proto__"}}',
  '{"id":5,"method":"query","params":{"path":"chat.constructor"}}',
  '{"id":6,"method":"query","params":{"path":"chat.inbox.__proto__.head"}}',
  '{"id":7,"method":"toString","params":{"path":"chat.inbox.head"}}',
  '{"id":8,"method":"mutation","params":{"path":"chat.inbox.head"}}',
  '{"id":9,"method":"query","params":{"path":"chat.send"}}',
  '{"id":10,"method":"subscription","params":{"path":"chat.inbox.head"}}',
  '{"id":11,"jsonrpc":"3.0","method":"query","params":{"path":"chat.inbox.nothing"}}',
  '{"id":12,"method":"subscription","params":{"path":"chat.inbox.feed","lastEventId":{"a":1}}}',
  '{"id":13,"method":"subscription","params":{"path":"chat.inbox.feed","lastEventId":"nonsense"}}',
  '{"id":14,"method":"mutation","params":{"path":"chat.send","input":7}}',
  '{"id":15,"method":"mutation","params":{"path":"chat.send","input":{"json":{},"meta":7}}}',
  '{"id":16,"method":"mutation","params":{"path":"chat.send","input":{"json":null,"meta":{"values":{"a":["x"]}}}}}',
  '{"id":-0,"method":"query","params":{"path":"chat.nothing"}}',
  '{"id":1e999,"method":"query","params":{"path":"chat.nothing"}}',
  '{"id":"\ud800","method":"query","params":{"path":"chat.nothing"}}',
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `{"id":17,"method":"mutation","params":{"path":"chat.send","input":{"json":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}}}`,
  '{"id":18,',
  '{"id":19,"method":"subscription.stop"}',
  '{"method":"connectionParams","data":{"token":"token-bob"}}',
];

async function eachAlone(attacker: Attacker, before: 'identity' | 'none'): Promise<Outcome> {
  const wrong: string[] = [];
  for (const [name, bytes, code] of MALFORMED) {
    const socket =
      before === 'identity' ? await attacker.open({ path: '/trpc?connectionParams=1' }) : await attacker.signIn();
    socket.write(bytes);
    const end = await socket.ended();
    const isRight = end.code === code || (before === 'identity' && end.isCut);
    if (!isRight) wrong.push(`${name}: ${end.code ?? 'cut'}`);
  }
  return { wrong };
}

export const frameAttacks: readonly Attack[] = [
  {
    name: 'malformed frames',
    who: 'a user',
    target: usual,
    send: (attacker) => eachAlone(attacker, 'none'),
    must: { wrong: [] },
    cost: { cpuMs: 1_500, memoryMb: 96 },
  },
  {
    name: 'malformed frames before an identity',
    who: 'a stranger',
    target: usual,
    send: (attacker) => eachAlone(attacker, 'identity'),
    must: { wrong: [] },
    cost: { cpuMs: 1_500, memoryMb: 96 },
  },
  {
    name: 'texts that are no request',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const granted: string[] = [];
      for (const text of NO_REQUESTS) {
        const socket = await attacker.signIn();
        const asked = socket.answers.length;
        socket.send(text, attacker.request('query', 'chat.inbox.head', undefined, 'last'));
        await socket.until(() => socket.end.code !== undefined || socket.answers.some(({ id }) => id === 'last'));
        const answers = socket.answers.slice(asked).filter(({ id }) => id !== 'last');
        if (answers.some((answer) => 'result' in answer && !JSON.stringify(answer).includes('"stopped"'))) {
          granted.push(text.slice(0, 80));
        }
        socket[Symbol.dispose]();
      }
      return { granted, delivered: await attacker.entriesOf(attacker.user) };
    },
    must: { granted: [], delivered: 0 },
    cost: { cpuMs: 3_000, memoryMb: 96 },
  },
  {
    name: 'a message that comes one byte at a time',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const message = attacker.send();
      for (const byte of textFrame(message)) {
        socket.write(Buffer.of(byte));
        await socket.flushed();
      }
      await socket.answerTo(message.id);
      return { delivered: (await attacker.entriesOf(attacker.victim)) > 0 };
    },
    must: { delivered: true },
    cost: LITTLE,
  },
];
