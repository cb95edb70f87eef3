import { type Attack, LITTLE } from './attack.ts';
import { verdict } from './attacker.ts';
import { frame, OPCODES, textFrame } from './raw-socket.ts';
import { type Target, usual } from './target.ts';

/** Most calls of one frame; see limits.callsPerFrame. */
const CALLS_PER_FRAME = 32;

/** Gives up soon on a peer that reads nothing. */
const hasty: Target = { ...usual, messaging: { limits: { slowSocketGraceMs: 1_000 } } };
/** And reads as fast as it can: what is bounded is the output. */
const hastyReader: Target = { ...usual, messaging: { limits: { slowSocketGraceMs: 1_000, readBytesPerSecond: 1e9 } } };
const withPages: Target = { ...usual, pages: 500 };
const withUnread: Target = { ...usual, unread: 20_000 };

export const floodAttacks: readonly Attack[] = [
  {
    name: '12,000 calls in one frame',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const known = socket.answers.length;
      const call = (_: unknown, id: number) => ({
        id,
        method: 'query',
        params: { path: 'chat.inbox.head', input: {} },
      });
      socket.send(Array.from({ length: 12_000 }, call));
      const last = attacker.request('query', 'chat.inbox.head');
      socket.send(last);
      await socket.answerTo(last.id);
      const results = socket.answers.slice(known).filter((answer) => 'result' in answer).length;
      return { results };
    },
    must: { results: { atMost: CALLS_PER_FRAME + 1 } },
    cost: LITTLE,
  },
  {
    name: '12,000 calls in one frame of a socket that was refused',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.openWith({ token: 'forged' });
      await socket.ended();
      const call = (_: unknown, id: number) => ({
        id,
        method: 'query',
        params: { path: 'chat.inbox.head', input: {} },
      });
      for (let n = 0; n < 5; n += 1) socket.send(Array.from({ length: 12_000 }, call));
      return { ...(await socket.cut()) };
    },
    must: { code: 4401, isCut: true },
    cost: LITTLE,
  },
  {
    name: '4,000 calls in the path of one request',
    who: 'a stranger',
    target: usual,
    send: async (attacker) => {
      const path = Array.from({ length: 4_000 }, () => 'a.b').join(',');
      const { status, body } = await attacker.http({ path: `/trpc/${path}?batch=1&input=%7B%7D` });
      return { isRefused: status >= 400, isShort: body.length < 10_000 };
    },
    must: { isRefused: true, isShort: true },
    cost: LITTLE,
  },
  {
    name: '190 feeds at once',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const feeds = Array.from({ length: 190 }, () => attacker.request('subscription', 'chat.inbox.feed', {}));
      const frames: object[] = [];
      for (let n = 0; n < feeds.length; n += CALLS_PER_FRAME) frames.push(feeds.slice(n, n + CALLS_PER_FRAME));
      socket.send(...frames);
      const settled = (id: unknown) =>
        socket.answers.some((answer) => answer.id === id && /"live"|"error"/.test(JSON.stringify(answer)));
      await socket.until(() => feeds.every(({ id }) => settled(id)));
      return { open: socket.answers.filter((answer) => JSON.stringify(answer).includes('"live"')).length };
    },
    must: { open: { atMost: 32 } },
    cost: { cpuMs: 2_000, memoryMb: 96 },
  },
  {
    name: 'request ids of a megabyte, of objects, and of arrays',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const echoed: string[] = [];
      const ids = ['x'.repeat(900_000), 'x'.repeat(129), { a: 1 }, [1], true];
      for (const id of ids) {
        const socket = await attacker.signIn();
        const before = socket.received.bytes;
        socket.send(attacker.request('query', 'chat.inbox.head', undefined, id));
        socket.send(attacker.request('query', 'chat.inbox.head', undefined, 'next'));
        await socket.until(
          () => socket.end.code !== undefined || socket.answers.some((answer) => answer.id === 'next'),
        );
        if (socket.answers.some((answer) => 'result' in answer && JSON.stringify(answer.id) === JSON.stringify(id)))
          echoed.push(JSON.stringify(id).slice(0, 20));
        if (socket.received.bytes - before > 10_000) echoed.push('its bytes');
      }
      return { echoed };
    },
    must: { echoed: [] },
    cost: LITTLE,
  },
  {
    name: '40 frames of 90,000 keys',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const known = socket.answers.length;
      const keys = `{${Array.from({ length: 90_000 }, (_, n) => `"k${n}":0`).join(',')}}`;
      for (let n = 0; n < 40; n += 1) {
        socket.send(`{"id":${n},"method":"query","params":{"path":"chat.inbox.head","input":{"json":${keys}}}}`);
      }
      // The others wait in the network.
      await socket.until(() => socket.answers.length >= known + 3);
      return { isCut: socket.end.isCut };
    },
    must: { isCut: false },
    cost: { cpuMs: 5_000, memoryMb: 384 },
  },
  {
    name: 'a million PING texts to a peer that reads no answer',
    who: 'a user',
    target: hasty,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      socket.tcp.pause();
      const pings = Buffer.concat(Array.from({ length: 10_000 }, () => textFrame('PING')));
      for (let n = 0; n < 100; n += 1) socket.write(pings);
      await Promise.race([socket.flushed(), socket.cut()]);
      return {};
    },
    must: {},
    // Nearly all of it is garbage that waits to be collected: every text is a buffer.
    cost: { cpuMs: 15_000, memoryMb: 512 },
  },
  {
    name: '200,000 ping frames to a peer that reads no answer',
    who: 'a user',
    target: hastyReader,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      socket.tcp.pause();
      const pings = Buffer.concat(Array.from({ length: 2_000 }, () => frame(OPCODES.ping, 'x'.repeat(125))));
      for (let n = 0; n < 100; n += 1) socket.write(pings);
      await Promise.race([socket.flushed(), socket.cut()]);
      return {};
    },
    must: {},
    cost: { cpuMs: 6_000, memoryMb: 96 },
  },
  {
    name: '60 pages of 500 messages of 48 kB',
    who: 'a user',
    target: withPages,
    send: async (attacker) => {
      const socket = await attacker.signIn('alice');
      const before = socket.received.bytes;
      const { long: conversationId } = attacker.scene;
      const asked = Array.from({ length: 60 }, () =>
        attacker.request('query', 'chat.conversations.history', { conversationId, limit: 500 }),
      );
      socket.send(asked.slice(0, 30), asked.slice(30));
      await Promise.all(asked.map(({ id }) => socket.answerTo(id)));
      const results = socket.answers.filter((answer) => asked.some(({ id }) => id === answer.id) && 'result' in answer);
      const bytes = socket.received.bytes - before;
      return {
        perPage: Math.ceil(bytes / Math.max(1, results.length) / 2 ** 20),
        megabytes: Math.ceil(bytes / 2 ** 20),
      };
    },
    must: { perPage: { atMost: 2 }, megabytes: { atMost: 64 } },
    cost: { cpuMs: 6_000, memoryMb: 256 },
  },
  {
    name: '60 pages that nobody reads',
    who: 'a user',
    target: withPages,
    send: async (attacker) => {
      const socket = await attacker.signIn('carol');
      socket.tcp.pause();
      const { long: conversationId } = attacker.scene;
      const asked = Array.from({ length: 60 }, () =>
        attacker.request('query', 'chat.conversations.history', { conversationId, limit: 500 }),
      );
      socket.send(asked.slice(0, 30), asked.slice(30));
      await socket.flushed();
      await attacker.get('/trpc/chat.inbox.head', undefined, attacker.user);
      return {};
    },
    must: {},
    cost: { cpuMs: 6_000, memoryMb: 256 },
  },
  {
    name: '50 lists of conversations with 20,000 unread messages',
    who: 'a user',
    target: withUnread,
    send: async (attacker) => {
      const socket = await attacker.signIn('alice');
      for (let n = 0; n < 50; n += 1) await attacker.call(socket, 'query', 'chat.conversations.list', {});
      return {};
    },
    must: {},
    cost: { cpuMs: 2_500, memoryMb: 96 },
  },
  {
    name: '200 groups with 499 strangers, as fast as they are taken',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const memberIds = Array.from({ length: 499 }, (_, index) => `${attacker.victim}-${index}`);
      const asked = Array.from({ length: 200 }, () =>
        attacker.request('mutation', 'chat.conversations.createGroup', { memberIds }),
      );
      socket.send(...asked);
      const verdicts = await Promise.all(asked.map(async ({ id }) => verdict(await socket.answerTo(id))));
      const created = verdicts.filter((each) => each === 'ok').length;
      return { created };
    },
    must: { created: { atMost: 50 } },
    cost: { cpuMs: 15_000, memoryMb: 160 },
  },
  {
    name: '20,000 stops of subscriptions that do not exist',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const stop = (_: unknown, id: number) => textFrame({ id, method: 'subscription.stop' });
      socket.write(Buffer.concat(Array.from({ length: 20_000 }, stop)));
      const last = attacker.request('query', 'chat.inbox.head');
      socket.send(last);
      await Promise.race([socket.answerTo(last.id), socket.cut()]);
      return {};
    },
    must: {},
    cost: { cpuMs: 4_000, memoryMb: 96 },
  },
  {
    name: 'one request id for a hundred feeds that are opened and stopped',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const socket = await attacker.signIn();
      const open = attacker.request('subscription', 'chat.inbox.feed', {}, 'same');
      for (let n = 0; n < 100; n += 1) socket.send(open, { id: 'same', method: 'subscription.stop' });
      const last = attacker.request('query', 'chat.inbox.head');
      socket.send(last);
      await socket.answerTo(last.id);
      return { isCut: socket.end.isCut };
    },
    must: { isCut: false },
    cost: { cpuMs: 2_000, memoryMb: 96 },
  },
];
