import type { BenchResult, Row } from './result.ts';

const HEAD = ['metric', 'unit', 'system', 'median', 'range', 'lost', 'duplicated'] as const;
const NUMBERS: readonly (typeof HEAD)[number][] = ['median', 'lost', 'duplicated'];

/** The result for people: a table that is Markdown too, then what must be known to read it. */
export function tableOf(result: BenchResult): string {
  const { machine, commit, versions } = result;
  const cells = result.rows.map((row, index) => cellsOf(row, result.rows[index - 1]));
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, isNumber(column))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => `${'-'.repeat(width + 1)}${isNumber(column) ? ':' : '-'}`).join('|')}|`;
  const memory = `${Math.round(machine.memory / 2 ** 30)} GB`;
  return [
    `${result.name} on ${result.config}${result.quick ? ' (quick: its figures say little)' : ''}`,
    '',
    line(HEAD),
    rule,
    ...cells.map(line),
    '',
    ...result.notes.map((note) => `- ${note}`),
    `- Machine: ${machine.cores} × ${machine.cpu}, ${memory}, ${machine.system}, Node ${machine.node}; commit ${commit ?? 'unknown'}.`,
    `- Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ].join('\n');
}

function cellsOf(row: Row, before: Row | undefined): string[] {
  const again = before?.metric === row.metric;
  return [
    again ? '' : row.metric,
    again ? '' : row.unit,
    row.system,
    figure(row.median),
    `${figure(row.min)} – ${figure(row.max)}`,
    row.lost === null ? '' : String(row.lost),
    row.duplicated === null ? '' : String(row.duplicated),
  ];
}

/** Three digits that mean something, thousands apart. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

function isNumber(column: number): boolean {
  const head = HEAD[column];
  return head !== undefined && NUMBERS.includes(head);
}

function pad(text: string, width: number, right: boolean): string {
  return right ? text.padStart(width) : text.padEnd(width);
}
