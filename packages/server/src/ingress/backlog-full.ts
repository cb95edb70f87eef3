import { TidemarkError } from '@tidemark/core';

/** A partition holds as many commands, or as many bytes of them, as the option `bound` allows. */
export function backlogFull(partition: number, bound: 'backlog' | 'backlogBytes', most: number): TidemarkError {
  const what = bound === 'backlog' ? 'commands' : 'bytes of commands';
  const limit = `tuning.${bound}`;
  return new TidemarkError('overloaded', `partition ${partition} holds as many as ${most} ${what} (${limit})`, {
    limit,
  });
}

/** The queue's server uses more of its memory than the option `maxmemoryShare` allows. */
export function memoryFull(most: number): TidemarkError {
  const limit = 'tuning.maxmemoryShare';
  return new TidemarkError('overloaded', `Redis uses more than ${most} of its maxmemory (${limit})`, { limit });
}
