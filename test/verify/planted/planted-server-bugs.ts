import {
  EVICTED_COUNTERS,
  FAILING_COMMITS,
  LOST_ANSWERS,
  LOST_FRAMES,
  MOVING_MEMBERS,
  OVERTAKING,
  TAKEN_OVER,
} from './circumstances.ts';
import type { Change, PlantedBug } from './planted-bug.ts';

const TRANSFER = 'packages/server/src/transfer/transfer.ts';
const PLAN = 'packages/server/src/transfer/plan-batch.ts';
const COMMIT = '      const { conflict } = await storage.commit({ events: plan.events, rows });\n';
const A_LITTLE_LATER = '      await clock.sleep(150);\n';
const FAN_OUT = '      for (const userId of recipientsOf(decision.state, event))\n';

/** The store's unique key is the last fence: behind it some bugs do no harm. */
const INBOX_OVERWRITES: Change = {
  file: 'packages/storage-sql/src/batch-writes.ts',
  find: 'return sql`insert into ',
  replace: `return sql\`insert \${sql.raw(shape === INBOX_SHAPE ? 'or replace ' : '')}into `,
};

export const SERVER_BUGS: readonly PlantedBug[] = [
  {
    name: 'acknowledge-before-commit',
    plants: 'senders get their receipts, and a little later the batch is committed',
    changes: [
      {
        file: TRANSFER,
        find: COMMIT,
        replace: `      await this.#options.publisher.publish(this.#partition, { events: [], rows: [], replies: plan.replies });\n${A_LITTLE_LATER}${COMMIT}`,
      },
    ],
    faults: [],
    caughtBy: ['durable-before-visible'],
  },
  {
    name: 'publish-before-commit',
    plants: 'feeds get the entries of a batch, and a little later it is committed',
    changes: [
      {
        file: TRANSFER,
        find: COMMIT,
        replace: `      await this.#options.publisher.publish(this.#partition, { events: plan.events, rows, replies: [] });\n${A_LITTLE_LATER}${COMMIT}`,
      },
    ],
    faults: [],
    caughtBy: ['durable-before-visible'],
  },
  {
    name: 'batch-dropped-on-an-error',
    plants: 'a batch that the store refused goes on as if it had been stored',
    seams: ['errors-unheard'],
    circumstance: FAILING_COMMITS,
    faults: [],
    caughtBy: ['acknowledged-stored'],
  },
  {
    name: 'no-repeat-detection',
    plants: 'a command that comes again is carried out again, by the worker and by the store',
    changes: [
      {
        file: PLAN,
        find: 'const again = earlier ?? twin?.result;',
        replace: 'const again = undefined as CommandResult | undefined;',
      },
      {
        file: 'packages/storage-sql/src/schema.ts',
        find: `    unique: [['actor_id', 'command_id']],\n`,
        replace: '',
      },
    ],
    circumstance: LOST_ANSWERS,
    faults: [],
    caughtBy: ['visible-once'],
  },
  {
    name: 'receipt-of-a-repeat-names-another-place',
    plants: 'the receipt of a command that came again has the conversationSeq that comes next',
    changes: [
      {
        file: PLAN,
        find: 'found ? resultOf(found) :',
        replace: 'found ? { ...resultOf(found), conversationSeq: states.get(command.conversationId)!.head + 1 } :',
      },
    ],
    circumstance: LOST_ANSWERS,
    faults: [],
    caughtBy: ['stable-receipt'],
  },
  {
    name: 'counters-start-anew',
    plants: 'counters that were lost start at 1, and the store takes what comes under a number that is taken',
    changes: [
      {
        file: 'packages/server/src/inbox/memory-inbox-seq.ts',
        find: `        const seq = seqs.get(userId);
        if (seq === undefined) continue;
`,
        replace: '        const seq = seqs.get(userId) ?? 0;\n',
      },
      INBOX_OVERWRITES,
    ],
    circumstance: EVICTED_COUNTERS,
    faults: [],
    caughtBy: ['dense-inbox', 'reach'],
  },
  {
    name: 'late-writer-overwrites-a-void',
    plants: 'holes are closed with voids at once, and the writer that comes late takes their place',
    changes: [
      {
        file: 'packages/server/src/inbox/void-filler.ts',
        find: 'this.#clock.monotonic() + this.#voidAfterMs',
        replace: 'this.#clock.monotonic()',
      },
      INBOX_OVERWRITES,
    ],
    circumstance: OVERTAKING,
    faults: [],
    caughtBy: ['dense-inbox'],
  },
  {
    name: 'conflicts-are-passed-over',
    plants: 'a writer with a stale memory takes the refusal of the store for its consent',
    seams: ['nothing-found', 'conflicts-unheard'],
    circumstance: LOST_ANSWERS,
    faults: [],
    caughtBy: ['acknowledged-stored'],
  },
  {
    name: 'stale-owner',
    plants: 'a worker that lost its partition for a while goes on as if what it could not commit were stored',
    seams: ['conflicts-unheard'],
    circumstance: TAKEN_OVER,
    faults: [],
    caughtBy: ['acknowledged-stored'],
  },
  {
    name: 'inbox-order-turned-round',
    plants: 'the entries of one batch are numbered from last to first',
    changes: [
      {
        file: 'packages/server/src/inbox/seq-allocator.ts',
        find: 'for (const [index, { userId, ref }] of deliveries.entries())',
        replace: 'for (const [index, { userId, ref }] of [...deliveries.entries()].reverse())',
      },
    ],
    faults: [],
    caughtBy: ['one-order'],
  },
  {
    name: 'fan-out-to-members-of-now',
    plants: 'a batch goes to the members after it, not to those at each of its events',
    changes: [
      {
        file: PLAN,
        find: `${FAN_OUT}        plan.deliveries.push({ userId, ref: event, at: event.at });\n`,
        replace: '',
      },
      {
        file: PLAN,
        find: '  return plan;\n',
        replace: `  for (const event of plan.events) {
    for (const userId of states.get(event.conversationId)?.members.keys() ?? [])
      plan.deliveries.push({ userId, ref: event, at: event.at });
  }
  return plan;\n`,
      },
    ],
    circumstance: MOVING_MEMBERS,
    faults: [],
    caughtBy: ['snapshot-equals-log'],
  },
  {
    name: 'first-edit-stands',
    plants: 'the store keeps what a message said after its first edit, whatever later ones say',
    changes: [{ file: 'packages/storage-sql/src/batch-writes.ts', find: "          ['value'],\n", replace: '' }],
    faults: [],
    caughtBy: ['latest-edit'],
  },
  {
    name: 'reaction-counted-twice',
    plants: 'a reaction that is on already is counted again',
    changes: [
      {
        file: 'packages/server/src/features/reactions.ts',
        find: 'if (own.has(key) === on) return',
        replace: 'if (!on && !own.has(key)) return',
      },
    ],
    faults: [],
    seconds: 8,
    devicesPerUser: 2,
    caughtBy: ['reaction-count'],
  },
  {
    name: 'tombstone-forgotten',
    plants: 'what was revoked is erased, and nothing tells of it but the event',
    changes: [
      {
        file: 'packages/core/src/features/revokes.ts',
        find: '    ...targets.map(({ seq: target }) => ({',
        replace: '    ...targets.slice(1).map(({ seq: target }) => ({',
      },
    ],
    faults: [],
    seconds: 12,
    devicesPerUser: 2,
    caughtBy: ['tombstones-win'],
  },
  {
    name: 'edits-of-revoked-stay',
    plants: 'a message that was revoked is erased, and its edits are not',
    changes: [
      {
        file: 'packages/storage-sql/src/erasing.ts',
        find: 'const places = [...messages, ...edits.map(refOf)];',
        replace: 'const places = [...messages];',
      },
    ],
    faults: [],
    seconds: 15,
    devicesPerUser: 2,
    caughtBy: ['tombstones-win'],
  },
  {
    name: 'own-devices-forgotten',
    plants: 'what a user sends does not come to the other devices of that user',
    changes: [{ file: PLAN, find: FAN_OUT, replace: `${FAN_OUT}        if (userId !== event.actorId)\n` }],
    faults: [],
    devicesPerUser: 2,
    caughtBy: ['reach'],
  },
  {
    name: 'removed-member-still-receives',
    plants: 'the list that a conversation is fanned out to only ever grows',
    changes: [
      {
        file: PLAN,
        find: FAN_OUT,
        replace: `        const lists = ((globalThis as { lists?: Map<string, Set<UserId>> }).lists ??= new Map());
        const list = lists.get(event.conversationId) ?? new Set<UserId>();
        lists.set(event.conversationId, list);
        for (const userId of recipientsOf(decision.state, event)) list.add(userId);
        for (const userId of list)\n`,
      },
    ],
    circumstance: MOVING_MEMBERS,
    faults: [],
    caughtBy: ['removal-fence'],
  },
  {
    name: 'inbox-of-another-user',
    plants: 'a frame goes to every feed of the node, whoever it is for',
    changes: [
      {
        file: 'packages/server/src/subscription/feed-hub.ts',
        find: 'for (const feed of this.#feeds.get(userId) ?? []) {\n          try',
        replace: 'for (const feed of [...this.#feeds.values()].flatMap((feeds) => [...feeds])) {\n          try',
      },
    ],
    faults: [],
    caughtBy: ['no-cross-talk'],
  },
  {
    name: 'no-comparison-of-heads',
    plants: 'a frame that was lost is missed only when another one comes',
    changes: [
      {
        file: 'packages/server/src/subscription/feed-hub.ts',
        find: 'if (!feed.isLive || feed.cursor >= head) continue;',
        replace: 'continue;',
      },
    ],
    circumstance: LOST_FRAMES,
    faults: [],
    quiesceSeconds: 12,
    caughtBy: ['liveness-after-heal'],
  },
  {
    name: 'feed-never-live-again',
    plants: 'a feed that has to go back to the store waits for ever',
    changes: [
      {
        file: 'packages/server/src/subscription/feed.ts',
        find: '    this.#ahead.clear();\n    void this.#read();\n',
        replace: `    this.#ahead.clear();\n    this.#mode = 'reading';\n`,
      },
    ],
    circumstance: LOST_FRAMES,
    faults: [],
    quiesceSeconds: 12,
    caughtBy: ['liveness-after-heal'],
  },
  {
    name: 'snapshot-without-read-marks',
    plants: 'the list of conversations does not say how far the user has read',
    seams: ['no-read-marks'],
    faults: [],
    caughtBy: ['snapshot-equals-log'],
  },
  {
    name: 'sockets-without-a-budget',
    plants: 'what was written to a socket stays in memory for as long as the process lives',
    changes: [
      {
        file: 'packages/server/src/subscription/attached-socket.ts',
        find: '    this.#bytes += frame.bytes.length;\n',
        replace: `    const kept = ((globalThis as { kept?: Buffer[] }).kept ??= []);
    kept.push(Buffer.alloc(1_048_576));
    frame.bytes.copy(kept.at(-1) as Buffer);
    this.#bytes += frame.bytes.length;\n`,
      },
    ],
    faults: [],
    seconds: 7,
    caughtBy: ['bounded-memory'],
  },
  {
    name: 'failed-with-the-store',
    plants: 'a command is refused for good when the store fails, whatever it fails with',
    changes: [
      {
        file: TRANSFER,
        find: '        this.#options.store.failed();\n',
        replace: `        const told = new TidemarkError('dead_lettered', 'it failed');
        for (const { envelope } of tasks) await this.#answer(envelope, told);
        await this.#reader.acknowledge(tasks.map(({ entry }) => entry.id));
        return [];\n`,
      },
    ],
    faults: ['store-refuses'],
    caughtBy: ['no-false-refusal'],
  },
  {
    name: 'restored-store-unheard',
    plants: 'a cursor on what the store lost when it was restored is believed, and open feeds go on',
    changes: [
      {
        file: 'packages/server/src/create-messaging.ts',
        find: 'onSetBack: () => hub.startAgain()',
        replace: 'onSetBack: () => {}',
      },
      {
        file: 'packages/server/src/subscription/feed-hub.ts',
        find: 'if (isAhead(each, heads) && feed.isLive && feed.resets === resets) feed.startAgain();',
        replace: ';',
      },
      {
        file: 'packages/server/src/inbox/inbox-reader.ts',
        find: "return cursor.seq > head ? 'ahead' : undefined;",
        replace: 'return undefined;',
      },
      {
        file: 'packages/server/src/inbox/inbox-reader.ts',
        find: 'return found !== null && fingerprintsAgree(fingerprint, found);',
        replace: 'return true;',
      },
    ],
    faults: ['store-restored'],
    caughtBy: ['restore-told'],
  },
];
