import type { Person } from '../../server/demo-people.ts';
import type { Account } from '../account/account.ts';
import { keep, kept } from '../account/kept.ts';

/** Who is called what: asked of the server at each connection, kept for the time without one. */
export interface Names {
  getSnapshot(): ReadonlyMap<string, Person>;
  subscribe(listener: () => void): () => void;
  /** Rejects when the server can't be asked. */
  refresh(): Promise<void>;
  /** Nothing is kept any more: the user has signed out. */
  close(): void;
}

export function createNames(account: Account, ask: () => Promise<readonly Person[]>): Names {
  let people = mapOf([account, ...(kept<Person[]>(account.id, 'people') ?? [])]);
  const listeners = new Set<() => void>();
  let isClosed = false;

  async function load(): Promise<void> {
    const list = await ask();
    if (isClosed) return;
    people = mapOf(list);
    keep(account.id, 'people', list);
    for (const listener of listeners) listener();
  }

  return {
    getSnapshot: () => people,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh: load,
    close: () => {
      isClosed = true;
    },
  };
}

function mapOf(list: readonly Person[]): ReadonlyMap<string, Person> {
  return new Map(list.map(({ id, name }) => [id, { id, name }]));
}
