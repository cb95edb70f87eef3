import { type ConversationSummary, type Storage, TidemarkError, UnavailableError } from '@tidemark/core';
import type { Seams } from '../seams.ts';

type Commit = Storage['commit'];

/**
 * What test builds put around the parts that programs are made of. A bug that can be shown there is typed by the ports, and
 * moves with no line of the sources; the others change a line (`Change`).
 */
const PLANTED_SEAMS = {
  'failing-commits': database((commit) => async (batch) => {
    if (Math.random() < 0.33) throw new UnavailableError('the disk is full for a moment');
    return commit(batch);
  }),
  'lost-answers': database((commit) => async (batch) => {
    const outcome = await commit(batch);
    if (Math.random() < 0.33) throw new UnavailableError('the answer was lost');
    return outcome;
  }),
  'some-slow-commits': database((commit) => slowly(commit, 0.33)),
  'slow-commits': database((commit) => slowly(commit, 1)),
  'refused-commands': {
    backplane: (backplane) => ({
      ...backplane,
      ingress: {
        append: async (partition, body) => {
          if (Math.random() < 0.33)
            throw new TidemarkError('overloaded', `partition ${partition} is full for a moment`);
          return backplane.ingress.append(partition, body);
        },
        open: (partition) => backplane.ingress.open(partition),
        backlog: (partition) => backplane.ingress.backlog(partition),
        lag: (partition) => backplane.ingress.lag(partition),
      },
    }),
  },
  'errors-unheard': committing((commit) => (batch) => commit(batch).catch(() => ({ conflict: undefined }))),
  'conflicts-unheard': committing((commit) => async (batch) => {
    await commit(batch);
    return { conflict: undefined };
  }),
  'nothing-found': history((plain) => ({ ...plain, findByCommand: async () => [] })),
  'no-read-marks': history((plain) => ({
    ...plain,
    conversations: async (query) => {
      const page = await plain.conversations(query);
      return { ...page, conversations: page.conversations.map(unread) };
    },
    conversation: async (...asked) => {
      const summary = await plain.conversation(...asked);
      return summary && unread(summary);
    },
  })),
} as const satisfies Record<string, Partial<Seams>>;

export type PlantedSeam = keyof typeof PLANTED_SEAMS;

/** All of them, the later ones around the earlier ones. */
export function seamsOf(names: readonly PlantedSeam[]): Seams {
  const all: readonly Partial<Seams>[] = names.map((name) => PLANTED_SEAMS[name]);
  return {
    database: (part) => all.reduce((inner, { database }) => database?.(inner) ?? inner, part),
    storage: (part) => all.reduce((inner, { storage }) => storage?.(inner) ?? inner, part),
    backplane: (part) => all.reduce((inner, { backplane }) => backplane?.(inner) ?? inner, part),
  };
}

function database(around: (commit: Commit) => Commit): Partial<Seams> {
  return { database: (storage) => ({ ...storage, commit: around((batch) => storage.commit(batch)) }) };
}

function committing(around: (commit: Commit) => Commit): Partial<Seams> {
  return { storage: (storage) => ({ ...storage, commit: around((batch) => storage.commit(batch)) }) };
}

function history(around: (history: Storage['history']) => Storage['history']): Partial<Seams> {
  return { storage: (storage) => ({ ...storage, history: around(storage.history) }) };
}

function slowly(commit: Commit, share: number): Commit {
  return async (batch) => {
    if (Math.random() < share) await new Promise((resolve) => setTimeout(resolve, 400));
    return commit(batch);
  };
}

function unread(summary: ConversationSummary): ConversationSummary {
  return { ...summary, readSeq: 0 };
}
