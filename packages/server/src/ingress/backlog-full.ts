import { TidemarkError } from '@tidemark/core';

/** A partition holds as many commands, or as many bytes of them, as the option `limit` allows. */
export function backlogFull(partition: number, limit: 'backlog' | 'backlogBytes', most: number): TidemarkError {
  const what = limit === 'backlog' ? 'commands' : 'bytes of commands';
  return new TidemarkError('overloaded', `partition ${partition} holds as many as ${most} ${what} (${limit})`, {
    limit,
  });
}
