import { describe, it } from 'vitest';
import { type LocalStorePlace, localStoreCases } from '../local-store-conformance.ts';

/** What every LocalStore promises, as tests. `fresh` gives an empty place. */
export function localStoreConformance(name: string, fresh: () => LocalStorePlace): void {
  describe(`the local store ${name}`, () => {
    for (const each of localStoreCases) it(each.name, () => each.run(fresh));
  });
}
