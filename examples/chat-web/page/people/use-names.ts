import { useSyncExternalStore } from 'react';
import type { Person } from '../../server/demo-people.ts';
import { useSession } from '../account/session.ts';

export function usePeople(): ReadonlyMap<string, Person> {
  const { names } = useSession();
  return useSyncExternalStore(names.subscribe, names.getSnapshot);
}

/** The name of a user; the id of one nobody has heard of. */
export function useNameOf(): (userId: string) => string {
  const people = usePeople();
  return (userId) => people.get(userId)?.name ?? userId;
}
