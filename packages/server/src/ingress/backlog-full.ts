import { TidemarkError } from '@tidemark/core';

/** A partition holds as many commands, or as many bytes of them, as the option `limit` allows. */
export function backlogFull(partition: number, limit: 'backlog' | 'backlogBytes', most: number): TidemarkError {
  const what = limit === 'backlog' ? 'commands' : 'bytes of commands';
  return new TidemarkError('overloaded', `partition ${partition} holds as many as ${most} ${what} (${limit})`, {
    limit,
  });
}

/** The queue's server uses more of its memory than the option `maxmemoryShare` allows. */
export function memoryFull(most: number): TidemarkError {
  const limit = 'maxmemoryShare';
  return new TidemarkError('overloaded', `Redis uses more than ${most} of its maxmemory (${limit})`, { limit });
}
