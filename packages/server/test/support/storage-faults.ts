import {
  type CommitBatch,
  type ConflictOutcome,
  type InboxStore,
  type Storage,
  UnavailableError,
} from '@tidemark/core';

/** The storage with another `commit`; `next` is its own. */
export function withCommit(
  storage: Storage,
  commit: (batch: CommitBatch, next: () => Promise<ConflictOutcome>) => Promise<ConflictOutcome>,
): Storage {
  return { ...storage, commit: (batch) => commit(batch, () => storage.commit(batch)) };
}

/** Refuses the first `times` commits as a store does that cannot be reached; nothing is written by them. */
export function unreachable(storage: Storage, times: number): Storage {
  let left = times;
  const refused = withCommit(storage, async (_, next) => {
    if (left-- > 0) throw new UnavailableError('connection refused');
    return next();
  });
  return {
    ...refused,
    probe: async () => {
      if (left > 0) throw new UnavailableError('connection refused');
    },
  };
}

/** Loses the answer of the first `times` commits after they were carried out. */
export function losingAnswers(storage: Storage, times = 1): Storage {
  let left = times;
  return withCommit(storage, async (_, next) => {
    const outcome = await next();
    if (left-- > 0) throw new UnavailableError('connection lost');
    return outcome;
  });
}

/** Fails every commit whose events hold this text, as a defect of the storage would. */
export function poisonedBy(storage: Storage, text: string): Storage {
  return withCommit(storage, async (batch, next) => {
    if (JSON.stringify(batch.events).includes(text)) throw new Error(`cannot store ${text}`);
    return next();
  });
}

/** The inbox store with some methods replaced. */
export function withInbox(inbox: InboxStore, changed: Partial<InboxStore>): InboxStore {
  return { ...inbox, ...changed };
}
