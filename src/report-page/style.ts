/** How pages look, in light and in dark: colours, letters, cards and tiles. What only one page has is in a style of its own. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b2430; --faint: #667085; --line: #e3e7ec;
  --bad: #d64545; --fair: #e8973a; --good: #2f8f5b; --code: #f3f5f8; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --card: #1c2229; --ink: #e4e8ee; --faint: #98a3b3; --line: #303842;
  --bad: #e0605f; --fair: #d98f3c; --good: #58b986; --code: #232a33; } }
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
.tag { color: var(--bad); font-weight: 600; font-size: 13px; } .good { border-left: 4px solid var(--good); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-top: 12px; font-size: 13px; color: var(--faint); }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
details { margin-top: 8px; } details.card { padding: 10px 18px; } summary { cursor: pointer; } summary .faint { margin-left: 8px; }
.bad { color: var(--bad); font-weight: 600; } footer { margin-top: 40px; color: var(--faint); font-size: 13px; }
`;
