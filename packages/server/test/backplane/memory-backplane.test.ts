import { memoryPartition } from '../../src/ingress/memory-ingress-stream.ts';
import { createMemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import { describeBackplane } from './backplane-suite.ts';
import { DEFAULTS, type Deployment } from './deployment.ts';

describeBackplane('memory', (options = {}): Deployment => {
  const shared = createMemoryBackplaneState();
  return {
    process: () => memoryBackplane({ ...DEFAULTS, ...options, shared }),
    deadLetters: async (partition) => [...memoryPartition(shared.streams, partition).dead],
    [Symbol.asyncDispose]: async () => {},
  };
});
