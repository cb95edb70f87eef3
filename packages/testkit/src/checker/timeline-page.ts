import { INVARIANTS } from './catalogue.ts';
import type { HistoryRecord } from './history.ts';
import type { Verdict } from './judge.ts';
import { timelineData } from './page/timeline-data.ts';
import { TIMELINE_SCRIPT } from './page/timeline-script.ts';
import { TIMELINE_STYLE } from './page/timeline-style.ts';
import type { InvariantName } from './violation.ts';

/** A violation's records are shown up to so many characters of JSON; what is cut is in the verdict. */
const RECORDS_SHOWN = 6_000;

/**
 * A page for a person, as HTML in one file that needs no network: the numbers, the invariants, the violations with their
 * counterexamples, and the life of one message or of one user, drawn lane by lane with the faults across. It holds at most
 * 200 messages (violating ones first) and 300 moments of each of 40 users, and says what it left out.
 */
export function timelinePage(records: readonly HistoryRecord[], verdict: Verdict): string {
  const data = timelineData(records, verdict);
  const run = records.find((record) => record.type === 'run');
  const passed = verdict.violations.length === 0;
  const title = run ? `${run.configuration}, seed ${run.seed}, ${run.seconds} s` : 'a history';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}: ${passed ? 'all promises kept' : 'violated'}</title>
<style>${TIMELINE_STYLE}</style>
</head>
<body>
<main>
<div class="top">
<div><h1>Proof of delivery</h1><p class="sub">${text(title)} · ${records.length} records</p></div>
<span class="badge ${passed ? 'pass' : 'fail'}">${passed ? 'All promises kept' : count(verdict.violations.length, 'violation')}</span>
</div>
<dl class="tiles">${tiles(verdict)}</dl>
<p class="note">Faults: ${text(faults(verdict))}</p>
<h2>Invariants</h2>
<ul class="plain invariants">${invariants(verdict)}</ul>
${violations(verdict)}
<h2 id="timeline">Timeline</h2>
<div class="choose">
<label>The life of a message<select id="message"><option value="">choose one</option></select></label>
<label>The life of a user<select id="user"><option value="">choose one</option></select></label>
</div>
<div class="chart" id="chart"></div>
<div class="legend" id="legend"></div>
<p class="note">The scale is stretched where much happens, and shortened where nothing does.</p>
${data.leftOut.map((sentence) => `<p class="note">${text(sentence)}</p>`).join('\n')}
<table><thead><tr><th>When</th><th>Where</th><th>What</th><th>Note</th></tr></thead><tbody id="moments"></tbody></table>
</main>
<script type="application/json" id="data">${json(data)}</script>
<script>${TIMELINE_SCRIPT}</script>
</body>
</html>
`;
}

function tiles(verdict: Verdict): string {
  const { attempts, acknowledged, unknown, failed, lost, duplicated, outOfOrder, recovered, secondsToQuiet } = verdict;
  const { entries, voids } = verdict;
  const numbers: [string, number | string, boolean?][] = [
    ['Attempts', attempts],
    ['Acknowledged', acknowledged],
    ['Unknown', unknown],
    ['Refused', failed],
    ['Recovered', recovered],
    ['Lost', lost, lost > 0],
    ['Duplicated', duplicated, duplicated > 0],
    ['Out of order', outOfOrder, outOfOrder > 0],
    ['Inbox entries', entries],
    ['Voids among them', voids],
    ['Heal to quiet', secondsToQuiet === null ? '–' : `${secondsToQuiet.toFixed(1)} s`],
  ];
  return numbers
    .map(([name, value, alarm]) => `<div${alarm ? ' class="alarm"' : ''}><dt>${name}</dt><dd>${value}</dd></div>`)
    .join('');
}

function faults({ faults }: Verdict): string {
  const kinds = Object.entries(faults).map(([kind, times]) => `${kind} × ${times}`);
  return kinds.length > 0 ? kinds.join(', ') : 'none';
}

function invariants({ invariants }: Verdict): string {
  const marks = { pass: ['✓', 'pass'], fail: ['✗', 'fail'], 'not applicable': ['–', 'none'] } as const;
  return (Object.entries(invariants) as [InvariantName, keyof typeof marks][])
    .map(([name, outcome]) => {
      const claim = name === 'something-observed' ? 'the history shows something' : INVARIANTS[name].claim;
      const [mark, look] = marks[outcome];
      const said = outcome === 'not applicable' ? ` (${outcome})` : '';
      return `<li><span class="mark ${look}" title="${outcome}">${mark}</span><div><strong>${name}${said}</strong><span class="claim">${claim}</span></div></li>`;
    })
    .join('');
}

function violations({ violations }: Verdict): string {
  if (violations.length === 0) return '';
  const items = violations.map(({ invariant, promises, sentence, records }, index) => {
    const whole = records.map((record) => JSON.stringify(record, null, 1)).join('\n');
    const shown =
      whole.length > RECORDS_SHOWN ? `${whole.slice(0, RECORDS_SHOWN)}\n… the rest is in the verdict` : whole;
    const evidence =
      records.length > 0
        ? `<details><summary>${count(records.length, 'record')} show it</summary><pre>${text(shown)}</pre></details>`
        : '';
    return `<li><b>${invariant}</b> <small>${promises.join(' ')}</small><p>${text(sentence)}</p><button type="button" data-violation="${index}">Show its timeline</button>${evidence}</li>`;
  });
  return `<h2>Violations</h2><ul class="plain violations">${items.join('')}</ul>`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function text(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that cannot end the script element it stands in. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
