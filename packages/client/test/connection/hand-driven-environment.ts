import type { Environment, EnvironmentChange } from '../../src/index.ts';

export interface HandDrivenEnvironment extends Environment {
  readonly listening: number;
  visible: boolean;
  tell(change: EnvironmentChange): void;
}

/** Environment in which the test decides what happens. `says`: without a network the page is frozen, or only says so. */
export function handDrivenEnvironment(network = true, says: 'frozen' | 'hint' = 'frozen'): HandDrivenEnvironment {
  const listeners = new Set<(change: EnvironmentChange) => void>();
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
      if (change !== 'shown') network = change === 'network-back';
      for (const listener of [...listeners]) listener(change);
    },
  };
}
