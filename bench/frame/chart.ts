import { type BenchResult, TIDEMARK } from './result.ts';
import { figure } from './table.ts';

const WIDTH = 760;
const LABELS = 190;
const BAR = 16;
const STEP = 22;
const HEADING = 34;

/** An SVG with a panel per metric and a bar per system, whose whisker spans the range of the repetitions. */
export function chartOf(result: BenchResult): string {
  const metrics = [...new Set(result.rows.map(({ metric }) => metric))];
  const parts: string[] = [];
  let y = 30;
  for (const metric of metrics) {
    const rows = result.rows.filter((row) => row.metric === metric);
    const longest = Math.max(...rows.map(({ max }) => max), Number.MIN_VALUE);
    const x = (value: number): number => LABELS + (value / longest) * (WIDTH - LABELS - 90);
    y += HEADING;
    parts.push(text(0, y - 10, `${metric}, ${rows[0]?.unit ?? ''}`, 'class="metric"'));
    for (const row of rows) {
      const middle = y + BAR / 2;
      const kind = row.system === TIDEMARK ? 'ours' : 'peer';
      parts.push(
        text(LABELS - 8, middle + 4, row.system, 'text-anchor="end"'),
        `<rect x="${LABELS}" y="${y}" width="${round(x(row.median) - LABELS)}" height="${BAR}" class="${kind}"/>`,
        `<path d="M${round(x(row.min))} ${middle}H${round(x(row.max))}" class="range"/>`,
        text(round(x(row.max)) + 8, middle + 4, figure(row.median), ''),
      );
      y += STEP;
    }
  }
  const title = `${result.name} on ${result.config}: median of the repetitions, line = their range`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 10}" viewBox="0 0 ${WIDTH} ${y + 10}" role="img">
<title>${escaped(title)}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2933 }
  .metric, .title { font-weight: 600 }
  .ours { fill: #0b7285 }
  .peer { fill: #b8c4ce }
  .range { stroke: #1f2933; stroke-width: 1.5 }
</style>
<rect width="100%" height="100%" fill="#fff"/>
${text(0, 16, title, 'class="title"')}
${parts.join('\n')}
</svg>
`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
