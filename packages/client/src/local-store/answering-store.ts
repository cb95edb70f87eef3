import type { Clock } from '@tidemark/core';
import { within } from '../within.ts';
import type { LocalStore } from './local-store.ts';

const CALLS = ['open', 'close', 'load', 'events', 'transaction', 'erase', 'users'] as const;

/** The store, none of whose calls is waited for any longer than that: they reject with `outcome_unknown`. */
export function answeringStore(store: LocalStore, timeoutMs: number, clock: Clock): LocalStore {
  const bounded = CALLS.filter((name) => store[name]).map((name) => {
    const call = store[name] as (given: unknown) => Promise<unknown>;
    const ask = (given: unknown) => within(timeoutMs, 'storeTimeoutMs', () => call.call(store, given), clock);
    return [name, ask];
  });
  return Object.fromEntries(bounded) as unknown as LocalStore;
}
