import { readHistory } from '../checker/history-file.ts';
import { type JudgeOptions, judge, type Verdict } from '../checker/judge.ts';
import type { Configuration } from './configuration.ts';
import { type RunOptions, type RunOutcome, run } from './run.ts';

export interface VerifyOptions extends RunOptions, JudgeOptions {}

/** What a run came to. The configuration passed when `violations` is empty. */
export interface VerifyResult extends Verdict, Pick<RunOutcome, 'folder' | 'notApplicable'> {}

/**
 * Runs a configuration in real processes under load and faults, and judges what all of them saw: `seconds` of load, then
 * everything is healed and must come to rest, then every device and a new one of each user show all that they have.
 * Bounded: about two minutes beyond `seconds` when all is well, six when nothing comes to rest.
 */
export async function verify(configuration: Configuration, options: VerifyOptions = {}): Promise<VerifyResult> {
  const { folder, notApplicable } = await run(configuration, options);
  return { ...judge(readHistory(folder), options), folder, notApplicable };
}
