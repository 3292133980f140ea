/** How the picture, the findings and the tables of a rehearsal look, in light and in dark. */
export const STYLE = `
:root { --grid: #edf0f3; --bar: #7c8ba1; --all: var(--bad); --writes: var(--fair); --schema: #5a8dd6; --rows: #b9c4d0; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --grid: #262d36; --bar: #8796ab; --schema: #6f9fe2; --rows: #566373; --on: #14181d; } }
.findings { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; }
.findings .card { border-left: 4px solid var(--all); }
.findings .head { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; margin-bottom: 2px; }
.findings .faint { font-size: 14px; margin-top: 4px; }
.scroll { overflow-x: auto; } svg { display: block; min-width: 720px; width: 100%; height: auto; }
svg text { fill: var(--ink); font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
svg .small { fill: var(--faint); font-size: 12px; } svg .small.bad { fill: var(--all); font-weight: 600; } svg .head { font-weight: 600; fill: var(--faint); font-size: 12px; }
[class^="on-"] { font-size: 12px !important; font-weight: 600 !important; } svg .on-all, svg .on-schema { fill: #fff; } svg .on-writes { fill: #2a1a04; } svg .on-rows { fill: var(--ink); } svg .grid { stroke: var(--grid); } svg .rule { stroke: var(--line); }
svg .end { stroke: var(--faint); stroke-dasharray: 3 3; } svg .bar { fill: var(--bar); } svg .failed { fill: var(--all); }
.all { fill: var(--all); background: var(--all); } .writes { fill: var(--writes); background: var(--writes); }
.schema { fill: var(--schema); background: var(--schema); } .rows { fill: var(--rows); background: var(--rows); }
svg .rewrite { fill: url(#hatch); } #hatch path { stroke: var(--on); stroke-width: 2.5; stroke-opacity: .55; }
.legend i.hatched { background: repeating-linear-gradient(135deg, var(--all) 0 3px, var(--on) 3px 5px); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 7px 12px 7px 0; border-top: 1px solid var(--line); vertical-align: top; }
tr:first-child > th { border-top: 0; color: var(--faint); font-weight: 500; font-size: 13px; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; } td pre { margin: 0; padding: 4px 8px; max-height: 14em; overflow-y: auto; }
details table { margin-top: 8px; }
`;
