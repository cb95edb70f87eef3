import { type CommandId, type CommandResult, type IdSource } from '@tidemark/core';
import type { RetryTiming } from '../local-store/local-replica.ts';
/**
 * Carries out a command that a person waits for: repeated under the same id while its outcome is unknown or it is refused
 * for now, so that doing it twice is doing it once. Gives up after `attempts`, with the last error.
 */
export type CallCommand = (run: (commandId: CommandId) => Promise<CommandResult>) => Promise<CommandResult>;
export declare function createCommandCalls(ids: IdSource, timing: RetryTiming, closing: AbortSignal, attempts?: number): CallCommand;
