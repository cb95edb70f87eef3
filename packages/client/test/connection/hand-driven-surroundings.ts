import type { Surroundings, SurroundingsChange } from '../../src/index.ts';

export interface HandDrivenSurroundings extends Surroundings {
  readonly listening: number;
  visible: boolean;
  tell(change: SurroundingsChange): void;
}

/** Surroundings in which the test decides what happens. `says`: without a network the page is frozen, or only says so. */
export function handDrivenSurroundings(network = true, says: 'frozen' | 'hint' = 'frozen'): HandDrivenSurroundings {
  const listeners = new Set<(change: SurroundingsChange) => void>();
  return {
    get network() {
      return network;
    },
    get frozen() {
      return says === 'frozen' && !network;
    },
    visible: true,
    get listening() {
      return listeners.size;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (change) => {
      if (change !== 'shown') network = change === 'network back';
      for (const listener of [...listeners]) listener(change);
    },
  };
}
