import type { Storage } from '@tidemark/core';
import { describe, test } from 'vitest';
import { historyDataCases } from './cases/history-data-cases.ts';
import { historyListCases } from './cases/history-list-cases.ts';
import { historyLogCases } from './cases/history-log-cases.ts';
import { historyMentionCases } from './cases/history-mention-cases.ts';
import { historyRangeCases } from './cases/history-range-cases.ts';
import { historyReactionCases } from './cases/history-reaction-cases.ts';
import { historyRefusalCases } from './cases/history-refusal-cases.ts';
import { historyRegisterCases } from './cases/history-register-cases.ts';
import { historyReplyCases } from './cases/history-reply-cases.ts';
import { historyRevokeCases } from './cases/history-revoke-cases.ts';
import { historySettingsCases } from './cases/history-settings-cases.ts';
import { historyWriterCases } from './cases/history-writer-cases.ts';
import { inboxCases } from './cases/inbox-cases.ts';
import { inboxRetentionCases } from './cases/inbox-retention-cases.ts';
import { commitResetCases, historyResetCases, inboxResetCases } from './cases/reset-cases.ts';
import { storageCases } from './cases/storage-cases.ts';
import type { ConformanceCase, OpenedHistory, OpenedInbox, OpenedStorage, StoreNetwork } from './conformance-case.ts';

export interface ConformanceOptions {
  /** Milliseconds one case may take; 60,000 unless set. */
  readonly timeoutMs?: number;
}

/** Cases of the history role, as data. */
export const historyCases: readonly ConformanceCase<OpenedHistory>[] = [
  ...historyLogCases,
  ...historyRangeCases,
  ...historyListCases,
  ...historyDataCases,
  ...historyRegisterCases,
  ...historyReactionCases,
  ...historyReplyCases,
  ...historyRevokeCases,
  ...historyMentionCases,
  ...historySettingsCases,
  ...historyWriterCases,
  ...historyRefusalCases,
  ...historyResetCases,
];

/** Cases of the inbox role, as data. */
export const inboxRoleCases: readonly ConformanceCase<OpenedInbox>[] = [
  ...inboxCases,
  ...inboxRetentionCases,
  ...inboxResetCases,
];

/** Cases of both roles together, as data: those of each role and those of the commit. */
export const storageRoleCases: readonly ConformanceCase<OpenedStorage>[] = [
  ...historyCases.map((each) => ({ ...each, run: (open: () => Promise<OpenedStorage>) => each.run(historyOf(open)) })),
  ...inboxRoleCases.map((each) => ({ ...each, run: (open: () => Promise<OpenedStorage>) => each.run(inboxOf(open)) })),
  ...storageCases,
  ...commitResetCases,
];

/** Registers the suite of a HistoryStore with vitest: call it at the top of a test file. */
export function historyConformance(
  name: string,
  open: () => Promise<OpenedHistory>,
  options?: ConformanceOptions,
): void {
  register(`${name}, a HistoryStore`, historyCases, open, options);
}

/** Registers the suite of an InboxStore with vitest: call it at the top of a test file. */
export function inboxConformance(name: string, open: () => Promise<OpenedInbox>, options?: ConformanceOptions): void {
  register(`${name}, an InboxStore`, inboxRoleCases, open, options);
}

/**
 * Registers the suite of a Storage with vitest: both roles and the commit. Where the storage's capabilities say
 * `atomic: false`, a conflict may leave the history written, and the suite completes it as the writer would.
 */
export function storageConformance(
  name: string,
  open: () => Promise<OpenedStorage>,
  options?: ConformanceOptions,
): void {
  register(`${name}, a Storage`, storageRoleCases, open, options);
}

function register<O>(
  title: string,
  cases: readonly ConformanceCase<O>[],
  open: () => Promise<O>,
  { timeoutMs = 60_000 }: ConformanceOptions = {},
): void {
  describe(title, () => {
    for (const each of cases) test(each.name, { timeout: timeoutMs }, () => each.run(open));
  });
}

function historyOf(open: () => Promise<OpenedStorage>): () => Promise<OpenedHistory> {
  return async () => {
    const opened = await open();
    return {
      history: opened.storage.history,
      reopen: async () => (await opened.reopen()).history,
      network: roleOf(opened.network, ({ history }) => history),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  };
}

function roleOf<Role>(
  network: StoreNetwork<Storage> | undefined,
  role: (storage: Storage) => Role,
): StoreNetwork<Role> | undefined {
  return network && { server: network.server, connect: async (port) => role(await network.connect(port)) };
}

function inboxOf(open: () => Promise<OpenedStorage>): () => Promise<OpenedInbox> {
  return async () => {
    const opened = await open();
    return {
      inbox: opened.storage.inbox,
      reopen: async () => (await opened.reopen()).inbox,
      network: roleOf(opened.network, ({ inbox }) => inbox),
      ...(opened.expire && { expire: (before: number) => opened.expire?.(before) ?? Promise.resolve() }),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  };
}
