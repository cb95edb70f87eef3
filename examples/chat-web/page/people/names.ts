import type { Person } from '../../server/demo-people.ts';
import type { Account } from '../account/account.ts';
import { keep, kept } from '../account/kept.ts';

/** Who is called what: asked of the server at each connection, kept for the time without one. */
export interface Names {
  getSnapshot(): ReadonlyMap<string, Person>;
  subscribe(listener: () => void): () => void;
  refresh(): void;
}

export function createNames(account: Account, ask: () => Promise<readonly Person[]>): Names {
  let people = mapOf([account, ...(kept<Person[]>(account.id, 'people') ?? [])]);
  const listeners = new Set<() => void>();

  async function load(): Promise<void> {
    const list = await ask();
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
    refresh: () => {
      // Without an answer the names of before stand; the next connection asks again.
      load().catch(() => undefined);
    },
  };
}

function mapOf(list: readonly Person[]): ReadonlyMap<string, Person> {
  return new Map(list.map(({ id, name }) => [id, { id, name }]));
}
