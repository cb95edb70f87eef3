import type { HistoryStore, InboxStore, Storage } from '@tidemark/core';

/**
 * What a factory hands to the suite: an opened, EMPTY store, apart from that of any other call (its own schema, file or
 * database), so that cases can run side by side.
 */
interface Opened<Store> extends AsyncDisposable {
  /**
   * Another, opened store on the same contents: a second process, or the first one after a restart. What was handed
   * out before may still be in use. Disposing closes them all and removes the contents.
   */
  reopen(): Promise<Store>;
  /** Absent: the store has no connections that could break. */
  readonly network?: StoreNetwork<Store> | undefined;
}

/** Where a store's server is, for cases that stand between the two. */
export interface StoreNetwork<Store> {
  readonly server: { readonly host?: string; readonly port: number };
  /**
   * Another, opened store on the same contents, whose connections go to that port of 127.0.0.1. It is closed with the others.
   * What its driver tells of connections that break while they idle is heard by the factory.
   */
  connect(port: number): Promise<Store>;
}

export interface OpenedHistory extends Opened<HistoryStore> {
  readonly history: HistoryStore;
}

export interface OpenedInbox extends Opened<InboxStore> {
  readonly inbox: InboxStore;
  /**
   * For a store that expires rows by itself, and whose `purge` therefore returns 0: removes what is older than `before`
   * (ms since 1970) as the store would, and resolves when it is gone. The suite's times lie in the year 2100, so nothing
   * expires unasked. Absent: retention is `purge`.
   */
  expire?(before: number): Promise<void>;
}

export interface OpenedStorage extends Opened<Storage> {
  readonly storage: Storage;
  /** As of {@link OpenedInbox}. */
  expire?(before: number): Promise<void>;
}

/** One sentence of behaviour and its proof: `run` rejects when the store behind `open` behaves otherwise. */
export interface ConformanceCase<O> {
  readonly name: string;
  run(open: () => Promise<O>): Promise<void>;
}
