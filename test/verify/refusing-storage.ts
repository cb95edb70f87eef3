import type { Storage } from '@tidemark/core';

let refuses = false;

/** Whether the store refuses everything from now on. */
export function refuseStore(on: boolean): void {
  refuses = on;
}

/** The same storage, each of whose calls fails while the store refuses: with an error that no adapter has in a list. */
export function refusingStorage(storage: Storage): Storage {
  return refusing({ ...storage, history: refusing(storage.history), inbox: refusing(storage.inbox) });
}

/** Closing is no call of the store. */
const LIFE: ReadonlySet<PropertyKey> = new Set(['close', 'forget']);

function refusing<T extends object>(port: T): T {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || LIFE.has(name)) return value;
      return async (...args: unknown[]) => {
        if (refuses) throw Object.assign(new Error('the tape drive is on fire'), { code: 'ZX981' });
        return value.apply(target, args);
      };
    },
  });
}
