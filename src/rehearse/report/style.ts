/** How the page looks, in light and in dark. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b2430; --faint: #667085; --line: #e3e7ec; --grid: #edf0f3;
  --bar: #7c8ba1; --all: #d64545; --writes: #e8973a; --schema: #5a8dd6; --rows: #b9c4d0; --good: #2f8f5b; --code: #f3f5f8; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --card: #1c2229; --ink: #e4e8ee; --faint: #98a3b3; --line: #303842; --grid: #262d36;
  --bar: #8796ab; --all: #e0605f; --writes: #d98f3c; --schema: #6f9fe2; --rows: #566373; --good: #58b986; --code: #232a33; --on: #14181d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 36px 24px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 17px; margin: 36px 0 12px; }
p { margin: 0; } .faint { color: var(--faint); }
code, pre, .mono { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 8px 0 0; padding: 8px 12px; background: var(--code); border-radius: 6px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 24px 0 0; padding: 0; }
.tiles .card { padding: 12px 16px; } .tiles dt { color: var(--faint); font-size: 13px; } .tiles dd { margin: 2px 0 0; font-size: 20px; font-weight: 600; }
.tiles small { display: block; font-size: 13px; font-weight: 400; color: var(--faint); overflow-wrap: anywhere; }
.findings { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; }
.findings .card { border-left: 4px solid var(--all); }
.findings .head { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; margin-bottom: 2px; }
.tag { color: var(--all); font-weight: 600; font-size: 13px; } .good { border-left: 4px solid var(--good); }
.findings .faint { font-size: 14px; margin-top: 4px; }
.scroll { overflow-x: auto; } svg { display: block; min-width: 720px; width: 100%; height: auto; }
svg text { fill: var(--ink); font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
svg .small { fill: var(--faint); font-size: 12px; } svg .small.bad { fill: var(--all); font-weight: 600; } svg .head { font-weight: 600; fill: var(--faint); font-size: 12px; }
[class^="on-"] { font-size: 12px !important; font-weight: 600 !important; } svg .on-all, svg .on-schema { fill: #fff; } svg .on-writes { fill: #2a1a04; } svg .on-rows { fill: var(--ink); } svg .grid { stroke: var(--grid); } svg .rule { stroke: var(--line); }
svg .end { stroke: var(--faint); stroke-dasharray: 3 3; } svg .bar { fill: var(--bar); } svg .failed { fill: var(--all); }
.all { fill: var(--all); background: var(--all); } .writes { fill: var(--writes); background: var(--writes); }
.schema { fill: var(--schema); background: var(--schema); } .rows { fill: var(--rows); background: var(--rows); }
svg .rewrite { fill: url(#hatch); } #hatch path { stroke: var(--on); stroke-width: 2.5; stroke-opacity: .55; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-top: 12px; font-size: 13px; color: var(--faint); }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.legend i.hatched { background: repeating-linear-gradient(135deg, var(--all) 0 3px, var(--on) 3px 5px); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 7px 12px 7px 0; border-top: 1px solid var(--line); vertical-align: top; }
tr:first-child > th { border-top: 0; color: var(--faint); font-weight: 500; font-size: 13px; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; } td pre { margin: 0; padding: 4px 8px; max-height: 14em; overflow-y: auto; }
details { margin-top: 8px; } details.card { padding: 10px 18px; } summary { cursor: pointer; } summary .faint { margin-left: 8px; } details table { margin-top: 8px; }
.bad { color: var(--all); font-weight: 600; } footer { margin-top: 40px; color: var(--faint); font-size: 13px; }
`;
