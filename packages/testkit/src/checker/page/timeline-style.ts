/** The look of the page: one column, quiet colours, the same in light and dark. */
export const TIMELINE_STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1d2327; --soft: #5d6b73; --line: #dfe3e1;
  --good: #1c7c54; --bad: #b3261e; --fault: #d97706; --accent: #0b6e8a; --sent: #5b5bd6; --stored: #1c7c54;
  --published: #0b8a8a; --applied: #0b6e8a; --acknowledged: #7a5c00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181b; --card: #1c2226; --ink: #e8ecee; --soft: #9aa8b0;
  --line: #313a40; --good: #5fcf9b; --bad: #ff8a80; --fault: #f5a742; --accent: #6cc7e2; --sent: #a5a5ff;
  --stored: #5fcf9b; --published: #57d0d0; --applied: #6cc7e2; --acknowledged: #e3c55f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 16px; margin: 36px 0 12px; font-weight: 650; }
.sub { color: var(--soft); margin: 4px 0 0; }
.top { display: flex; gap: 16px; align-items: flex-start; justify-content: space-between; flex-wrap: wrap; }
.badge { padding: 6px 14px; border-radius: 999px; font-weight: 650; border: 1.5px solid currentColor; white-space: nowrap; }
.pass { color: var(--good); } .fail { color: var(--bad); } .none { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: 10px; margin: 24px 0 0; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 12px; }
.tiles dt { color: var(--soft); font-size: 12px; white-space: nowrap; } .tiles dd { margin: 0; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles .alarm dd { color: var(--bad); }
ul.plain { list-style: none; margin: 0; padding: 0; }
.invariants { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 4px 20px; }
.invariants li { display: flex; gap: 8px; padding: 4px 0; border-bottom: 1px solid var(--line); }
.invariants .mark { font-weight: 700; width: 1.2em; flex: none; text-align: center; }
.invariants strong { font-weight: 600; display: block; } .invariants span.claim { color: var(--soft); font-size: 13px; line-height: 1.35; display: block; }
.violations li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: 8px; padding: 12px 16px; margin-bottom: 10px; overflow-wrap: anywhere; }
.violations small { color: var(--soft); margin-left: 4px; }
.violations b { color: var(--bad); font-weight: 600; } .violations p { margin: 2px 0 8px; }
details summary { cursor: pointer; color: var(--soft); font-size: 13px; }
pre { overflow: auto; max-height: 340px; font: 12px/1.45 ui-monospace, monospace; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 10px; }
button { font: inherit; font-size: 13px; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: 6px; padding: 2px 10px; cursor: pointer; margin: 0 0 8px; }
button:hover, button:focus-visible { border-color: var(--accent); }
label { display: inline-flex; flex-direction: column; gap: 4px; font-size: 13px; color: var(--soft); flex: 1 1 320px; min-width: 0; }
select { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; width: 100%; }
.choose { display: flex; gap: 16px; flex-wrap: wrap; }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-top: 14px; padding: 12px 0; overflow-x: auto; }
.chart svg { display: block; min-width: 640px; } .chart text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.chart text.soft { fill: var(--soft); } .chart text.fault { fill: var(--fault); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 12px 0 0; font-size: 13px; color: var(--soft); }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
table { width: 100%; border-collapse: collapse; margin-top: 14px; font-size: 13px; }
th { text-align: left; color: var(--soft); font-weight: 500; } td, th { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
.note { color: var(--soft); font-size: 13px; }
`;
