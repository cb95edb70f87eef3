import { type BenchResult, type Row, TIDEMARK } from './result.ts';
import { figure } from './table.ts';

const COLUMNS = 2;
const PANEL = 560;
const GAP = 24;
const LABELS = 180;
const VALUES = 70;
const BAR = 14;
const STEP = 19;
const HEADING = 36;
const TITLE = 24;

const WIDTH = COLUMNS * PANEL + (COLUMNS + 1) * GAP;

/** An SVG with a panel per metric and a bar per system, whose line spans the range of the repetitions. */
export function chartOf(result: BenchResult): string {
  const heights = Array.from({ length: COLUMNS }, () => TITLE);
  const panels: string[] = [];
  for (const metric of new Set(result.rows.map((row) => row.metric))) {
    const rows = result.rows.filter((row) => row.metric === metric);
    const column = heights.indexOf(Math.min(...heights));
    const top = heights[column] ?? TITLE;
    panels.push(`<g transform="translate(${GAP + column * (PANEL + GAP)} ${top})">\n${panelOf(metric, rows)}\n</g>`);
    heights[column] = top + HEADING + rows.length * STEP;
  }
  const height = Math.max(...heights) + GAP;
  const title = `${result.name} on ${result.config}: medians of the repetitions, lines their ranges`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escaped(title)}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2933 }
  .strong { font-weight: 600 }
  .ours { fill: #0b7285 }
  .peer { fill: #b8c4ce }
  .range { stroke: #1f2933; stroke-width: 1.5 }
</style>
<rect width="100%" height="100%" fill="#fff"/>
${text(GAP, TITLE - 6, title, 'class="strong"')}
${panels.join('\n')}
</svg>
`;
}

function panelOf(metric: string, rows: readonly Row[]): string {
  const longest = Math.max(...rows.map(({ max }) => max)) || 1;
  const x = (value: number): number => Math.round(LABELS + (value / longest) * (PANEL - LABELS - VALUES));
  const unit = rows[0]?.unit ? `, ${rows[0].unit}` : '';
  return [
    text(0, HEADING - 12, `${metric}${unit}`, 'class="strong"'),
    ...rows.flatMap((row, index) => {
      const top = HEADING + index * STEP;
      const middle = top + BAR / 2;
      return [
        text(LABELS - 8, middle + 4, row.system, 'text-anchor="end"'),
        `<rect x="${LABELS}" y="${top}" width="${x(row.median) - LABELS}" height="${BAR}" class="${row.system === TIDEMARK ? 'ours' : 'peer'}"/>`,
        `<path d="M${x(row.min)} ${middle}H${x(row.max)}" class="range"/>`,
        text(x(row.max) + 8, middle + 4, figure(row.median), ''),
      ];
    }),
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
