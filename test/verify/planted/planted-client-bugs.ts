import { DEVICES_DIE, LATE_ENTRIES, NEW_EPOCH, REFUSED_COMMANDS, SHORT_RETENTION } from './circumstances.ts';
import type { Change, PlantedBug } from './planted-bug.ts';

const SENDING = 'packages/client/src/send/sending.ts';
const SYNC = 'packages/client/src/sync/sync.ts';
const SYNC_STATE = 'packages/client/src/sync/sync-state.ts';

const RESET_IGNORED: Change = {
  file: SYNC_STATE,
  find: '    reset: { reason, fetching: false },\n',
  replace: `    reset: reason === 'new' ? { reason, fetching: false } : null,\n`,
};

export const CLIENT_BUGS: readonly PlantedBug[] = [
  {
    name: 'cursor-before-data',
    plants: 'the cursor is in the local store before the entries are',
    changes: [
      {
        file: 'packages/client/src/sync/sync.ts',
        find: '      await replica.commit(async () => {\n',
        replace: '      await replica.commit(() => ({ cursor }));\n      await replica.commit(async () => {\n',
      },
    ],
    faults: ['after-local-commit'],
    plan: DEVICES_DIE,
    seconds: 8,
    caughtBy: ['cursor-behind-data'],
  },
  {
    name: 'gap-skipped-silently',
    plants: 'a client takes what comes after a gap, and never asks for what was in it',
    changes: [
      {
        file: SYNC_STATE,
        find: 'if (entry.seq === tail + 1 && fresh.length < room) {',
        replace: 'if (entry.seq > tail && fresh.length < room) {',
      },
    ],
    circumstance: LATE_ENTRIES,
    faults: [],
    caughtBy: ['cursor-behind-data'],
  },
  {
    name: 'retention-unheard',
    plants: 'a client below the retention floor goes on above it',
    changes: [RESET_IGNORED],
    circumstance: SHORT_RETENTION,
    faults: ['kill-device'],
    caughtBy: ['no-silent-truncation'],
  },
  {
    name: 'epoch-unheard',
    plants: 'a client goes on in an inbox store of another epoch',
    changes: [RESET_IGNORED],
    circumstance: NEW_EPOCH,
    faults: ['kill-server'],
    caughtBy: ['epoch-honesty'],
  },
  {
    name: 'applied-again-after-reconnect',
    plants: 'a client that connects again brings its last entries once more',
    changes: [
      {
        file: SYNC,
        find: '    emitEntries(entries, cursor);\n',
        replace:
          '    (apply as { last?: () => void }).last = () => emitEntries(entries, cursor);\n    emitEntries(entries, cursor);\n',
      },
      {
        file: SYNC,
        find: "dispatch({ type: 'connected' });",
        replace: "(dispatch({ type: 'connected' }), (apply as { last?: () => void }).last?.());",
      },
    ],
    faults: ['ws-cut'],
    caughtBy: ['visible-once'],
  },
  {
    name: 'resent-under-a-new-id',
    plants: 'a message that is sent again gets another clientMessageId',
    changes: [
      {
        file: SENDING,
        find: `return trpc.send.mutate(
          { conversationId, clientMessageId, ...content,`,
        replace: `const tried = ((call as { tried?: Set<CommandId> }).tried ??= new Set());
        const sentAs = (tried.has(clientMessageId) ? \`\${clientMessageId}-\${tried.size}\` : clientMessageId) as CommandId;
        tried.add(clientMessageId);
        return trpc.send.mutate(
          { conversationId, clientMessageId: sentAs, ...content,`,
      },
    ],
    circumstance: REFUSED_COMMANDS,
    faults: [],
    caughtBy: ['no-phantom'],
  },
  {
    name: 'given-up-without-a-receipt',
    plants: 'a message whose outcome is unknown leaves the outbox',
    changes: [
      {
        file: SENDING,
        find: `      run(lanes.finish(conversationId, id, 'again'), error);\n`,
        replace: `      run(lanes.finish(conversationId, id, 'done'));
      await replica.commit(() => ({ removeDrafts: [id] }));\n`,
      },
    ],
    circumstance: REFUSED_COMMANDS,
    faults: [],
    caughtBy: ['liveness-after-heal'],
  },
  {
    name: 'parallel-sends-in-a-conversation',
    plants: 'messages to one conversation are sent side by side',
    changes: [
      {
        file: SENDING,
        find: `run(lanes.add(draft.conversationId, draft.clientMessageId));`,
        replace: `run(lanes.add(draft.clientMessageId as never, draft.clientMessageId));`,
      },
    ],
    circumstance: REFUSED_COMMANDS,
    faults: [],
    caughtBy: ['sender-order'],
  },
  {
    name: 'own-messages-count-as-unread',
    plants: 'a client counts what its user sent among the unread messages',
    changes: [
      {
        file: 'packages/client/src/sync/apply-entries.ts',
        find: 'counts(event, userId, row)',
        replace: "counts(event, '' as typeof userId, row)",
      },
    ],
    faults: [],
    caughtBy: ['unread-identity'],
  },
  {
    name: 'mention-stays-after-an-edit',
    plants: 'a client goes on counting a mention that an edit has dropped, and counts none that an edit has brought',
    changes: [
      {
        file: 'packages/client/src/sync/unread.ts',
        find: ' || changesMention(event, userId)',
        replace: '',
      },
    ],
    faults: [],
    caughtBy: ['one-number'],
  },
];
