import { HOSTILE_TEXT, HOSTILE_USER_IDS } from '@tidemark/testkit';
import { type Attack, LITTLE } from './attack.ts';
import { verdict } from './attacker.ts';
import { SECRET } from './scene.ts';
import { usual } from './target.ts';

/** Annotations of superjson that would reach a prototype if paths were followed blindly. */
const POLLUTING: readonly object[] = [
  { json: { a: 1 }, meta: { values: { '__proto__.polluted': ['Date'] } } },
  { json: { a: 1 }, meta: { values: { 'constructor.prototype.polluted': ['Date'] } } },
  { json: { a: 1 }, meta: { referentialEqualities: { a: ['__proto__.polluted', 'constructor.prototype.polluted'] } } },
  { json: { a: { polluted: true } }, meta: { referentialEqualities: { a: ['__proto__'] } } },
  { json: { a: [['__proto__', { polluted: true }]] }, meta: { values: { a: ['map'] } } },
  { json: { a: 'x' }, meta: { values: { a: [['class', 'Object']] } } },
  { json: { a: 'x' }, meta: { values: { a: [['custom', '__proto__']] } } },
  { json: { a: 'x' }, meta: { values: { a: [['symbol', 'iterator']] } } },
  { json: { a: { name: 'E', message: 'm', polluted: true } }, meta: { values: { a: ['Error'] } } },
  { json: { a: '/(a+)+$/' }, meta: { values: { a: ['regexp'] } } },
];

export const inputAttacks: readonly Attack[] = [
  {
    name: 'pollution of prototypes through superjson and through content',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const verdicts: string[] = [];
      for (const [index, input] of POLLUTING.entries()) {
        const message = { id: `p${index}`, method: 'mutation', params: { path: 'chat.send', input } };
        const known = socket.answers.length;
        socket.send(message);
        // One that cannot be read is answered under no id.
        await socket.until(() => socket.answers.length > known);
        verdicts.push(verdict(socket.answers[known]));
      }
      for (const key of ['__proto__', 'constructor', 'prototype']) {
        // By hand: superjson would not write such a key.
        const head = `"conversationId":"${attacker.conversationId}","clientMessageId":"k-${key}","type":"anything"`;
        const content = `{"${key}":{"polluted":true},"text":"hi"}`;
        const input = `{"json":{${head},"content":${content}}}`;
        const known = socket.answers.length;
        socket.send(`{"id":"${key}","method":"mutation","params":{"path":"chat.send","input":${input}}}`);
        await socket.until(() => socket.answers.length > known);
      }
      // An object made by the server afterwards has no more properties than it should.
      const honest = attacker.request('mutation', 'chat.conversations.openDirect', { userId: attacker.victim });
      socket.send(honest);
      const answer = JSON.stringify(await socket.answerTo(honest.id));
      return { granted: verdicts.filter((text) => text === 'ok').length, polluted: answer.includes('polluted') };
    },
    must: { granted: 0, polluted: false },
    cost: LITTLE,
  },
  {
    name: 'ids, page tokens, cursors and titles as injection',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const broken: string[] = [];
      const ask = async (method: string, path: string, input: object): Promise<void> => {
        const answer = await attacker.call(socket, method, `chat.${path}`, input);
        if (answer === 'INTERNAL_SERVER_ERROR' || answer === 'dead_lettered')
          broken.push(`${path} ${JSON.stringify(input)}`);
      };
      const pages = HOSTILE_TEXT.flatMap((text) => [text, Buffer.from(text).toString('base64url')]);
      for (const page of pages) await ask('query', 'conversations.list', { page });
      for (const cursor of HOSTILE_TEXT) await ask('query', 'inbox.since', { cursor });
      for (const userId of [...HOSTILE_USER_IDS, ...HOSTILE_TEXT])
        await ask('mutation', 'conversations.openDirect', { userId });
      return { broken, leaked: JSON.stringify(socket.answers).includes(SECRET) };
    },
    must: { broken: [], leaked: false },
    cost: { cpuMs: 3_000, memoryMb: 96 },
  },
  {
    name: 'texts that stores take for code: each is delivered as it was sent',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const texts = HOSTILE_TEXT.filter((text) => !/\p{Surrogate}/u.test(text) && text !== '');
      const refused: string[] = [];
      for (const text of texts) {
        const message = attacker.send(text);
        socket.send(message);
        if (verdict(await socket.answerTo(message.id)) !== 'ok') refused.push(text);
      }
      const { conversationId } = attacker;
      const path = '/trpc/chat.conversations.history';
      const history = await attacker.get(path, { conversationId, limit: 100 }, attacker.victim);
      return { refused, changed: texts.filter((text) => !history.body.includes(JSON.stringify(text))) };
    },
    must: { refused: [], changed: [] },
    cost: { cpuMs: 2_000, memoryMb: 96 },
  },
];
