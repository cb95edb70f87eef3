import { type Attack, LITTLE, SOME } from './attack.ts';
import type { Attacker } from './attacker.ts';
import { frame, OPCODES, type RawSocket, textFrame } from './raw-socket.ts';
import { type Target, usual } from './target.ts';

/** 166 bytes that make superjson fill an array of 300 million elements. */
export const FREEZING = {
  id: 1,
  method: 'mutation',
  params: {
    path: 'chat.send',
    input: { json: { x: { length: 3e8 } }, meta: { values: { x: [['typed-array', 'Uint8Array']] } } },
  },
};

/** Contexts and parameters are waited for less long than usual, so that the test is over soon. */
const impatient: Target = { ...usual, attach: { contextTimeoutMs: 1_000 } };

async function frozenBy(attacker: Attacker, socket: RawSocket, ...messages: readonly object[]) {
  for (const message of messages) socket.send(message);
  await socket.flushed();
  // Whoever is refused is cut; whoever waits for its context is not read.
  await attacker.entriesOf(attacker.user);
  return { results: socket.answers.filter((answer) => 'result' in answer).length };
}

export const identityAttacks: readonly Attack[] = [
  {
    name: 'a frame that takes all memory, sent before the context is known',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => frozenBy(attacker, await attacker.openWith({ token: 'hang' }), FREEZING),
    must: { results: 0 },
    cost: LITTLE,
  },
  {
    name: 'the same frame beside the upgrade request, in one segment with the parameters',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const parameters = textFrame({ method: 'connectionParams', data: { token: 'hang' } });
      const early = Buffer.concat([parameters, textFrame(FREEZING)]);
      const socket = await attacker.open({ path: '/trpc?connectionParams=1', early });
      return frozenBy(attacker, socket);
    },
    must: { results: 0 },
    cost: LITTLE,
  },
  {
    name: 'the same frame in fragments of one byte, before the context is known',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.openWith({ token: 'hang' });
      const bytes = Buffer.from(JSON.stringify(FREEZING));
      for (const [index, byte] of bytes.entries()) {
        const opcode = index === 0 ? OPCODES.text : OPCODES.continuation;
        socket.write(frame(opcode, Buffer.of(byte), { isFinal: index === bytes.length - 1 }));
      }
      return frozenBy(attacker, socket);
    },
    must: { results: 0 },
    cost: LITTLE,
  },
  {
    name: 'the same frame after a refusal',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.openWith({ token: 'forged' });
      const { code } = await socket.ended();
      const { results } = await frozenBy(attacker, socket, FREEZING);
      return { code, results, isCut: (await socket.cut()).isCut };
    },
    must: { code: 4401, results: 0, isCut: true },
    cost: LITTLE,
  },
  {
    name: 'calls of a client whose session was ended',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      await attacker.call(socket, 'mutation', 'chat.conversations.openDirect', { userId: attacker.victim });
      socket.send(attacker.request('mutation', 'endSession'));
      const { code } = await socket.ended();
      const known = await attacker.entriesOf(attacker.victim);
      for (let n = 0; n < 119; n += 1) {
        socket.send(attacker.send());
        await socket.flushed();
      }
      const { isCut } = await socket.cut();
      return { code, isCut, stored: (await attacker.entriesOf(attacker.victim)) - known };
    },
    must: { code: 4409, isCut: true, stored: 0 },
    cost: SOME,
  },
  {
    name: 'calls in one write with the one that ends the session',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      socket.send(attacker.request('mutation', 'endSession'));
      const { code } = await socket.ended();
      socket.write(Buffer.concat([textFrame([attacker.send(), attacker.send()]), textFrame(attacker.send())]));
      const { isCut } = await socket.cut();
      return { code, isCut, stored: await attacker.entriesOf(attacker.victim) };
    },
    must: { code: 4409, isCut: true, stored: 0 },
    cost: LITTLE,
  },
  {
    name: 'a feed that is kept after the session was ended',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      socket.send(attacker.request('subscription', 'chat.inbox.feed', {}));
      await socket.until(() => socket.answers.some((answer) => JSON.stringify(answer).includes('"live"')));
      socket.send(attacker.request('mutation', 'endSession'));
      await socket.ended();
      const friend = await attacker.signIn(attacker.victim);
      const message = attacker.send('AFTERWARDS');
      friend.send(message);
      await friend.answerTo(message.id);
      const { isCut } = await socket.cut();
      return { isCut, heard: JSON.stringify(socket.answers).includes('AFTERWARDS') };
    },
    must: { isCut: true, heard: false },
    cost: LITTLE,
  },
  {
    name: 'parameters that are malformed, too large, or never come',
    who: 'a stranger',
    target: impatient,
    send: async (attacker) => {
      const texts = ['nonsense', 'null', '{}', '{"method":"connectionParams","data":{"token":7}}', '[[]]'];
      const malformed = await Promise.all(
        texts.map(async (text) => {
          const socket = await attacker.open({ path: '/trpc?connectionParams=1' });
          socket.send(text);
          return socket.ended();
        }),
      );
      const large = await attacker.openWith({ token: 'x'.repeat(200_000) });
      const silent = await attacker.open({ path: '/trpc?connectionParams=1' });
      const codes = malformed.map(({ code }) => code);
      return { codes, large: (await large.ended()).code !== undefined, silent: (await silent.cut()).code };
    },
    must: { codes: [4500, 4500, 4500, 4500, 4500], large: true, silent: 4500 },
    cost: SOME,
  },
  {
    name: '300 contexts that are never made, each asked for with 15 kB, and megabytes behind it',
    who: 'a stranger',
    target: impatient,
    send: async (attacker) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const sockets = await Promise.all(
        Array.from({ length: 300 }, async () => {
          const socket = await attacker.openWith({ token: 'hang', more: 'x'.repeat(15_000) });
          socket.write(textFrame(FREEZING));
          for (let n = 0; n < 16; n += 1) socket.write(chunk);
          return socket;
        }),
      );
      const ends = await Promise.all(sockets.map((socket) => socket.cut()));
      return {
        notCut: ends.filter(({ isCut }) => !isCut).length,
        answers: sockets.flatMap((each) => each.answers).length,
      };
    },
    must: { notCut: 0, answers: 0 },
    cost: { cpuMs: 6_000, memoryMb: 192 },
  },
  {
    name: 'frames that never end, of 100 sockets that were refused',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      // The head of a masked text frame of 1 MB, of which there is never the last byte.
      const head = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 1, 2, 3, 4]);
      const ends = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const socket = await attacker.openWith({ token: 'forged' });
          await socket.ended();
          socket.write(head);
          for (let n = 0; n < 100 && !socket.end.isCut; n += 1) {
            socket.write(Buffer.alloc(10_000));
            await new Promise((resolve) => setImmediate(resolve));
          }
          return socket.cut();
        }),
      );
      return { codes: [...new Set(ends.map(({ code }) => code))], notCut: ends.filter(({ isCut }) => !isCut).length };
    },
    must: { codes: [4401], notCut: 0 },
    cost: { cpuMs: 3_000, memoryMb: 96 },
  },
  {
    name: 'a thousand sockets that say nothing',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const open = () => attacker.open({ path: '/trpc?connectionParams=1' });
      const sockets: RawSocket[] = [];
      for (let n = 0; n < 10; n += 1) sockets.push(...(await Promise.all(Array.from({ length: 100 }, open))));
      return { accepted: sockets.filter(({ status }) => status === 101).length };
    },
    must: {},
    cost: { cpuMs: 6_000, memoryMb: 128 },
  },
  {
    name: 'a socket with the cookie of somebody who looks at another page',
    who: 'a page of another origin',
    target: usual,
    send: async (attacker) => {
      const cookie = `session=token-${attacker.user}`;
      const statuses: number[] = [];
      for (const origin of ['https://evil.test', 'null', 'http://127.0.0.1:1', 'http://127.0.0.1.evil.test']) {
        const socket = await attacker.open({ headers: { cookie, origin } });
        statuses.push(socket.status);
        if (socket.status !== 101) continue;
        const message = attacker.send();
        socket.send(message);
        await socket.answerTo(message.id);
      }
      return { statuses, stored: await attacker.entriesOf(attacker.victim) };
    },
    must: { statuses: [403, 403, 403, 403], stored: 0 },
    cost: LITTLE,
  },
  {
    name: 'a body of 200 MB without a token',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const answer = await attacker
        .http({
          method: 'POST',
          path: '/trpc/chat.send',
          headers: { 'content-type': 'application/json' },
          body: Buffer.alloc(200 * 2 ** 20, ' '),
        })
        .then(
          ({ status }) => status >= 400,
          () => true,
        );
      return { isRefused: answer };
    },
    must: { isRefused: true },
    cost: { cpuMs: 1_500, memoryMb: 96 },
  },
  {
    name: 'errors and answers that tell more than they should',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      await attacker.call(socket, 'mutation', 'chat.send', { conversationId: 'nonsense' });
      const { body } = await attacker.get('/trpc/chat.inbox.head');
      const { body: wrong } = await attacker.get('/trpc/chat.inbox.since', { cursor: 7 }, attacker.user);
      return { stacks: JSON.stringify([socket.answers, body, wrong]).includes('stack') };
    },
    must: { stacks: false },
    cost: SOME,
  },
];
