import { type Attack, SOME } from './attack.ts';
import { type Attacker, verdict } from './attacker.ts';
import { SECRET } from './scene.ts';
import { usual } from './target.ts';

/** Eleven calls about a conversation. Each must be refused to whoever is no member. */
const CALLS: readonly (readonly [method: string, path: string, input: (conversationId: string) => object])[] = [
  [
    'mutation',
    'send',
    (conversationId) => ({ conversationId, clientMessageId: 'intruder', type: 'text', content: { text: 'INTRUDER' } }),
  ],
  ['query', 'conversations.get', (conversationId) => ({ conversationId })],
  ['query', 'conversations.members', (conversationId) => ({ conversationId })],
  ['query', 'conversations.history', (conversationId) => ({ conversationId })],
  ['query', 'conversations.history', (conversationId) => ({ conversationId, after: 0, limit: 500 })],
  ['query', 'conversations.history', (conversationId) => ({ conversationId, before: 1_000_000, limit: 500 })],
  ['mutation', 'conversations.addMembers', (conversationId) => ({ conversationId, memberIds: ['mallory'] })],
  ['mutation', 'conversations.removeMembers', (conversationId) => ({ conversationId, memberIds: ['bob'] })],
  ['mutation', 'conversations.leave', (conversationId) => ({ conversationId })],
  ['mutation', 'conversations.markRead', (conversationId) => ({ conversationId, readSeq: 1 })],
  ['mutation', 'conversations.setSettings', (conversationId) => ({ conversationId, pinned: true })],
];

/** Ids that no conversation of the caller has, some of them none at all. */
const FORGED: readonly unknown[] = [
  'd:alice,bob',
  'd:bob,alice',
  'd:alice,alice',
  'd:alice,',
  'd:,bob',
  'd:,',
  'd:alice,bob,mallory',
  'd:alice, bob',
  'D:alice,bob',
  'd:alice%2Cbob',
  'd:alice\u0000,bob',
  'd:alice,bob\n',
  ' d:alice,bob',
  'd:ALICE,BOB',
  'd:alice,bob#mallory',
  'd:alice,bob/../mallory',
  'd:*,*',
  'd:alice,%',
  'u:alice',
  'u:bob',
  'u:',
  'u:alice\u0000mallory',
  'U:alice',
  'g:',
  'g:*',
  'g:00000000000000000000000000',
  'g:7ZZZZZZZZZZZZZZZZZZZZZZZZZ',
  "g:' OR '1'='1",
  "g:01ARZ3NDEKTSV4RRFFQ69G5FA'",
  'g:01arz3ndektsv4rrffq69g5fav',
  '',
  '__proto__',
  'x'.repeat(10_000),
  null,
  0,
  ['d:alice,bob'],
  { $ne: null },
];

/** Of an event, what is looked at. */
interface Said {
  readonly type: string;
  readonly actorId: string;
  readonly conversationSeq: number;
}

async function tryAll(attacker: Attacker, who: string, targets: readonly unknown[]) {
  const socket = await attacker.signIn(who);
  const { group, direct, self } = attacker.scene;
  const delivered = () => Promise.all(['alice', 'bob'].map((user) => attacker.entriesOf(user)));
  const before = await delivered();
  const granted: string[] = [];
  let asked = 0;
  for (const target of targets) {
    for (const [method, path, input] of CALLS) {
      asked += 1;
      const answer = await attacker.call(socket, method, `chat.${path}`, input(target as string));
      if (answer === 'ok') granted.push(`${path} of ${String(target)}`);
    }
  }
  const said = JSON.stringify(socket.answers);
  return {
    asked,
    granted: granted.map((text) => text.replace(group, 'the group').replace(direct, 'direct').replace(self, 'self')),
    leaked: said.includes(SECRET) || (said.includes('SECRET crew') && who.startsWith('mallory')),
    written: (await delivered()).map((entries, index) => entries - (before[index] as number)),
  };
}

const refusedAll = { granted: [], leaked: false, written: [0, 0] };

/** What past members may read again: what they saw. Three histories, of their group alone. */
const ownPast = Array.from({ length: 3 }, () => 'conversations.history of the group');

export const membershipAttacks: readonly Attack[] = [
  {
    name: 'eleven calls of a stranger about each of three conversations',
    who: 'a user',
    target: usual,
    send: (attacker) => {
      const { group, direct, self } = attacker.scene;
      return tryAll(attacker, attacker.user, [group, direct, self]);
    },
    must: { asked: 33, ...refusedAll },
    cost: SOME,
  },
  ...['removed', 'left'].map(
    (who): Attack => ({
      name: `eleven calls of a member who ${who === 'left' ? 'left' : 'was removed'} about each of three conversations`,
      who: 'a user',
      target: usual,
      send: (attacker) => {
        const { group, direct, self } = attacker.scene;
        return tryAll(attacker, who, [group, direct, self]);
      },
      must: { asked: 33, ...refusedAll, granted: ownPast },
      cost: SOME,
    }),
  ),
  {
    name: 'eleven calls with each of 37 forged ids',
    who: 'a user',
    target: usual,
    send: (attacker) => tryAll(attacker, attacker.user, FORGED),
    must: { asked: 407, ...refusedAll },
    cost: { cpuMs: 8_000, memoryMb: 96 },
  },
  {
    name: 'a member who is removed under load and goes on sending and listening',
    who: 'a user',
    target: usual,
    send: async (attacker) => {
      const { user, victim } = attacker;
      const owner = await attacker.signIn(victim);
      const create = attacker.request('mutation', 'chat.conversations.createGroup', { memberIds: [user] });
      owner.send(create);
      const created = JSON.stringify(await owner.answerTo(create.id));
      const conversationId = /g:[0-9A-Z]{26}/.exec(created)?.[0] as string;
      const intruder = await attacker.signIn();
      intruder.send(attacker.request('subscription', 'chat.inbox.feed', {}));
      await intruder.until(() => intruder.answers.some((answer) => JSON.stringify(answer).includes('"live"')));
      const members = { conversationId, memberIds: [user] };
      // Removed amid its own messages and those of the owner, all under way at once.
      const removal = attacker.request('mutation', 'chat.conversations.removeMembers', members);
      const mine = Array.from({ length: 24 }, () => attacker.send('INTRUDER', conversationId));
      intruder.send(...mine.slice(0, 12));
      owner.send(attacker.send('before', conversationId), removal);
      intruder.send(...mine.slice(12));
      await owner.answerTo(removal.id);
      const after = attacker.send('AFTERWARDS', conversationId);
      owner.send(after);
      await owner.answerTo(after.id);
      await Promise.all(mine.map(({ id }) => intruder.answerTo(id)));
      const late = attacker.send('INTRUDER too late', conversationId);
      intruder.send(late);
      const answer = verdict(await intruder.answerTo(late.id));
      const history = await attacker.get('/trpc/chat.conversations.history', { conversationId, limit: 100 }, victim);
      const { events } = (JSON.parse(history.body) as { result: { data: { json: { events: Said[] } } } }).result.data
        .json;
      const removedAt = events.find(({ type }) => type === 'members.removed')?.conversationSeq ?? 0;
      const written = events.filter(({ actorId, conversationSeq }) => actorId === user && conversationSeq > removedAt);
      return {
        answer,
        hasRemoval: removedAt > 0,
        writtenAfterwards: written.length,
        heardAfterwards: JSON.stringify(intruder.answers).includes('AFTERWARDS'),
      };
    },
    must: { answer: 'not_a_member', hasRemoval: true, writtenAfterwards: 0, heardAfterwards: false },
    cost: { cpuMs: 2_000, memoryMb: 96 },
  },
];
