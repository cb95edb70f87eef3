import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHistory } from '../checker/history-file.ts';
import { type JudgeOptions, judge, type Verdict } from '../checker/judge.ts';
import { timelinePage } from '../checker/timeline-page.ts';
import type { Configuration } from './configuration.ts';
import { type RunOptions, type RunOutcome, run } from './run.ts';

export interface VerifyOptions extends RunOptions, JudgeOptions {}

/** What a run came to. The configuration passed when `violations` is empty. */
export interface VerifyResult extends Verdict, Pick<RunOutcome, 'folder' | 'notApplicable'> {
  /** An HTML page on the run, for a person: the numbers, the violations, the life of each message and user. */
  readonly page: string;
}

/**
 * Runs a configuration in real processes under load and faults, and judges what all of them saw: `seconds` of load, then
 * everything is healed and must come to rest, then every device and a new one of each user show all that they have.
 * Bounded: about two minutes beyond `seconds` when all is well, six when nothing comes to rest.
 */
export async function verify(configuration: Configuration, options: VerifyOptions = {}): Promise<VerifyResult> {
  const { folder, notApplicable } = await run(configuration, options);
  const records = readHistory(folder);
  const verdict = judge(records, options);
  const page = join(folder, 'timeline.html');
  await writeFile(page, timelinePage(records, verdict));
  return { ...verdict, folder, notApplicable, page };
}
