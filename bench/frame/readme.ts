import { readFile, writeFile } from 'node:fs/promises';
import type { BenchResult } from './result.ts';
import { tableOf } from './table.ts';

/** Where a bench's result goes on the page: `<!-- NAME CONFIG -->` and `<!-- end -->` stand around it. */
const END = '<!-- end -->';

/**
 * Puts the table of a result in its place on the page.
 *
 * @throws Error when the page has no such place
 */
export async function writeToPage(page: URL, result: BenchResult): Promise<void> {
  const content = await readFile(page, 'utf8');
  const begin = `<!-- ${result.name} ${result.config} -->`;
  const from = content.indexOf(begin);
  const to = content.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`${page.pathname} has no ${begin} with ${END} behind it`);
  const section = `${begin}\n\n${tableOf(result)}\n\n${END}`;
  await writeFile(page, content.slice(0, from) + section + content.slice(to + END.length));
}
