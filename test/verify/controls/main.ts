/**
 * `npm run verify:controls`: runs every control through every scenario, and writes what was measured into
 * README.md beside this file. A few minutes; needs Redis.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { Verdict } from '@tidemark/testkit/verify';
import { CONTROLS } from './controls.ts';
import { runControl } from './run-control.ts';
import { SCENARIOS } from './scenarios.ts';

const README = new URL('README.md', import.meta.url);
const MEASURED = /(<!-- measured -->\n)[\s\S]*(<!-- \/measured -->)/;
const COLUMNS = ['system', 'scenario', 'acknowledged', 'unknown', 'lost', 'repeated', 'out of order', 'violated'];

const rows: string[][] = [];
for (const control of CONTROLS) {
  for (const scenario of Object.values(SCENARIOS)) {
    process.stderr.write(`${control.name}: ${scenario.name}\n`);
    rows.push([control.name, scenario.name, ...numbers(await runControl(control, scenario))]);
  }
}
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = [line(COLUMNS), line(COLUMNS.map((_, index) => (index < 2 ? '---' : '--:'))), ...rows.map(line)].join(
  '\n',
);
process.stdout.write(`${table}\n`);
const page = await readFile(README, 'utf8');
await writeFile(
  README,
  page.replace(MEASURED, (_, begin, end) => `${begin}\n${table}\n\n${end}`),
);

function numbers({ acknowledged, unknown, lost, duplicated, outOfOrder, invariants }: Verdict): string[] {
  const violated = Object.entries(invariants).flatMap(([name, outcome]) => (outcome === 'fail' ? [name] : []));
  const counts = [acknowledged, unknown, lost, duplicated, outOfOrder].map(String);
  return [...counts, violated.join(', ') || 'none'];
}
