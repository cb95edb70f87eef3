import { backoff, type CommandId, type CommandResult, type IdSource } from '@tidemark/core';
import { toTidemarkError } from '../call-error.ts';
import { throwIfClosed } from '../closed.ts';
import type { RetryTiming } from '../retry.ts';

/**
 * Carries out a command that a person waits for: repeated under the same id while its outcome is unknown or it is refused
 * for now, so that doing it twice is doing it once. Gives up after `attempts`, with the last error.
 */
export type CallCommand = (run: (commandId: CommandId) => Promise<CommandResult>) => Promise<CommandResult>;

export function createCommandCalls(
  ids: IdSource,
  timing: RetryTiming,
  closing: AbortSignal,
  attempts = 6,
): CallCommand {
  return async (run) => {
    const commandId = ids.commandId(timing.clock.now());
    for (let attempt = 0; ; attempt += 1) {
      throwIfClosed(closing);
      try {
        return await run(commandId);
      } catch (thrown) {
        const error = toTidemarkError(thrown);
        if (error.policy === 'give-up' || attempt + 1 >= attempts || closing.aborted) throw error;
        await timing.clock.sleep(backoff(attempt, timing), closing);
      }
    }
  };
}
