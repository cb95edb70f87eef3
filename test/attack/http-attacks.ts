import { type Attack, SOME } from './attack.ts';
import { type Attacker, type HttpRequest, verdict } from './attacker.ts';
import { usual } from './target.ts';

const SEND = '/trpc/chat.send';

/** A message that would be delivered if it came as it should. */
function message(attacker: Attacker): string {
  const { conversationId } = attacker;
  const input = { conversationId, clientMessageId: 'confused', type: 'text', content: { text: 'hi' } };
  return JSON.stringify(attacker.input(input));
}

const asJson = { 'content-type': 'application/json' };

/** Requests that must not write, whatever else they are answered with. */
const CONFUSED: readonly (readonly [name: string, (attacker: Attacker) => HttpRequest])[] = [
  ['GET of a mutation', (attacker) => ({ path: `${SEND}?input=${encodeURIComponent(message(attacker))}` })],
  [
    'HEAD of a mutation',
    (attacker) => ({ method: 'HEAD', path: `${SEND}?input=${encodeURIComponent(message(attacker))}` }),
  ],
  ['PUT', (attacker) => ({ method: 'PUT', path: SEND, headers: asJson, body: message(attacker) })],
  ['DELETE', (attacker) => ({ method: 'DELETE', path: SEND, headers: asJson, body: message(attacker) })],
  [
    'a method override',
    (attacker) => ({
      path: `${SEND}?_method=POST&input=${encodeURIComponent(message(attacker))}`,
      headers: { 'x-http-method-override': 'POST' },
    }),
  ],
  [
    'a form',
    (attacker) => ({
      method: 'POST',
      path: SEND,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `input=${encodeURIComponent(message(attacker))}`,
    }),
  ],
  [
    'a text',
    (attacker) => ({ method: 'POST', path: SEND, headers: { 'content-type': 'text/plain' }, body: message(attacker) }),
  ],
  ['no type', (attacker) => ({ method: 'POST', path: SEND, body: message(attacker) })],
  [
    'a form of several parts',
    (attacker) => ({
      method: 'POST',
      path: SEND,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: `--b\r\ncontent-disposition: form-data; name="input"\r\n\r\n${message(attacker)}\r\n--b--\r\n`,
    }),
  ],
  [
    'a body that says it is compressed',
    () => ({
      method: 'POST',
      path: SEND,
      headers: { ...asJson, 'content-encoding': 'gzip' },
      body: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]),
    }),
  ],
  [
    'a path with an encoded dot',
    (attacker) => ({ method: 'POST', path: '/trpc/chat%2Econstructor', headers: asJson, body: message(attacker) }),
  ],
  [
    'a path that climbs',
    (attacker) => ({ method: 'POST', path: '/trpc/../../chat.send', headers: asJson, body: message(attacker) }),
  ],
  [
    'a batch without a batch',
    (attacker) => ({ method: 'POST', path: `${SEND},chat.send`, headers: asJson, body: message(attacker) }),
  ],
  [
    'a path of a prototype',
    (attacker) => ({ method: 'POST', path: '/trpc/chat.send.__proto__', headers: asJson, body: message(attacker) }),
  ],
];

export const httpAttacks: readonly Attack[] = [
  {
    name: 'requests of the wrong method, type or path',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const granted: string[] = [];
      const broken: string[] = [];
      for (const [name, request] of CONFUSED) {
        const answer = await attacker.http({ user: attacker.user, ...request(attacker) });
        if (answer.status === 200) granted.push(name);
        if (answer.status >= 500) broken.push(name);
      }
      return { granted, broken, delivered: await attacker.entriesOf(attacker.victim) };
    },
    must: { granted: [], broken: [], delivered: 0 },
    cost: SOME,
  },
  {
    name: 'requests without a token, or with a forged one',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const tokens = [
        undefined,
        '',
        'token-',
        `Token-${attacker.user}`,
        `token-${attacker.user},alice`,
        'token-\u00e9',
      ];
      const granted: string[] = [];
      for (const token of tokens) {
        const headers = token === undefined ? asJson : { ...asJson, authorization: token };
        for (const path of [SEND, '/trpc/chat.conversations.leave', '/trpc/chat.conversations.openDirect']) {
          const answer = await attacker.http({ method: 'POST', path, headers, body: message(attacker) });
          if (verdict(answer) === 'ok') granted.push(`${path} with ${token}`);
        }
        for (const path of ['chat.inbox.head', 'chat.conversations.list']) {
          const answer = await attacker.http({ path: `/trpc/${path}`, headers });
          if (verdict(answer) === 'ok') granted.push(`${path} with ${token}`);
        }
      }
      return { granted, delivered: await attacker.entriesOf(attacker.victim) };
    },
    must: { granted: [], delivered: 0 },
    cost: SOME,
  },
  {
    name: 'a body that ends early, one of two lengths, and one in chunks of nonsense',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const body = message(attacker);
      const head = `POST ${SEND} HTTP/1.1\r\nHost: a\r\nAuthorization: token-${attacker.user}\r\nContent-Type: application/json\r\n`;
      const answers = await Promise.all([
        attacker.tcp(`${head}Content-Length: ${body.length + 50}\r\n\r\n${body}`),
        attacker.tcp(`${head}Content-Length: ${body.length}\r\nContent-Length: 5\r\n\r\n${body}`),
        attacker.tcp(`${head}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`),
        attacker.tcp(`${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n${body}`),
      ]);
      return {
        granted: answers.filter((answer) => answer.startsWith('HTTP/1.1 200')).length,
        delivered: await attacker.entriesOf(attacker.victim),
      };
    },
    must: { granted: 0, delivered: 0 },
    cost: SOME,
  },
];
