/** How the queries of a proof look, their survivors and what an alteration changes, in light and in dark. */
import { FILTER_STYLE } from "./filter.ts";

export const STYLE: string = `
:root { --link: #2f66c4; --unasserted: #c93636; --unreached: #a75d00; --seen: #23784a; --scope: #6a45b5; --del: #fbe0df; --ins: #d9f2e2; }
@media (prefers-color-scheme: dark) { :root { --link: #86aef0; --unasserted: #f08683; --unreached: #e3a65c; --seen: #6dc898; --scope: #b79cf2;
  --del: #57292b; --ins: #1f4632; } }
main { max-width: 1040px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 14px; } h3 { font-size: 14px; margin: 0; }
h3, .place .mono { font: 600 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; min-width: 0; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
ul { margin: 0; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); } .tiles dd { font-variant-numeric: tabular-nums; }
.bar { display: flex; gap: 2px; height: 10px; margin-top: 16px; border-radius: 5px; overflow: hidden; } .bar i { flex: 0 0 4px; }
i.noticed { background: var(--good); } i.unasserted { background: var(--bad); } i.unreached { background: var(--fair); }
.quiet { margin-top: 20px; }
.place { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; justify-content: space-between; }
.pills { display: flex; flex-wrap: wrap; gap: 4px 12px; font-size: 13px; font-weight: 400; } .pill { white-space: nowrap; color: var(--faint); }
.fate { font-size: 12px; font-weight: 600; line-height: 1.5; padding: 1px 8px; border-radius: 999px; border: 1px solid currentColor; white-space: nowrap; color: var(--faint); }
.unasserted { color: var(--unasserted); } .unreached { color: var(--unreached); } .pill.noticed { color: var(--seen); } .fate.scope { color: var(--scope); white-space: normal; }
.queries { display: grid; gap: 14px; } .queries > details { margin: 0; } .queries > input { position: absolute; opacity: 0; pointer-events: none; }
.filter { display: flex; flex-wrap: wrap; gap: 8px; }
.filter label { padding: 3px 12px; border: 1px solid var(--line); border-radius: 999px; background: var(--card); font-size: 13px; cursor: pointer; }
.filter b { font-weight: 600; opacity: .6; margin-left: 2px; }
.query { min-width: 0; } article.query { padding: 16px 20px; } article.query:target { outline: 2px solid var(--link); }
details.query > summary > .place { display: inline-flex; width: calc(100% - 20px); vertical-align: top; } details.query .place .mono { font-weight: 400; }
.short { display: block; margin: 2px 0 0 16px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; } summary .short.faint { margin-left: 16px; }
.clauses { list-style: none; padding: 0; display: grid; gap: 14px; margin: 14px 0 4px; }
.clauses > li { border-left: 3px solid var(--fair); padding-left: 14px; min-width: 0; } .clauses > .is-unasserted { border-color: var(--bad); }
.sentence { display: flex; gap: 4px 8px; align-items: baseline; flex-wrap: wrap; } .sentence > span:last-child { flex: 1 1 300px; font-weight: 500; min-width: 0; }
.diff { color: var(--faint); } .diff del, .diff ins { color: var(--ink); border-radius: 3px; padding: 1px 2px; text-decoration: none; }
.diff del { background: var(--del); text-decoration: line-through; text-decoration-thickness: 1px; } .diff ins { background: var(--ins); }
.advice { margin-top: 6px; font-size: 14px; }
.more { padding: 0 0 0 2px; list-style: none; } .more > li { margin-top: 12px; }
.clauses summary, .rest > summary { font-size: 14px; color: var(--faint); } .rest > summary .faint { margin-left: 0; }
.folded { display: flex; flex-wrap: wrap; gap: 6px 22px; margin-top: 12px; } .folded > details { margin: 0; min-width: 0; } .folded > details[open] { flex-basis: 100%; }
.rest ul { padding-left: 20px; font-size: 14px; } .rest > ul { margin-top: 4px; padding-left: 18px; } .rest li { margin-top: 4px; }
.scopes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 14px; align-items: start; }
.scopes .card { border-left: 4px solid var(--line); min-width: 0; } .scopes .weak { border-left-color: var(--bad); } .scopes .fair { border-left-color: var(--fair); } .scopes .good { border-left-color: var(--good); }
.scopes h3 code { font: inherit; font-size: 15px; }
.conditions { list-style: none; padding: 0; margin-top: 8px; } .conditions li { display: grid; grid-template-columns: 92px minmax(0, 1fr); gap: 10px; align-items: baseline; padding: 7px 0; border-top: 1px solid var(--line); }
.conditions .fate { justify-self: start; } .conditions li > span { min-width: 0; }
.alone { padding: 0; list-style: none; } .alone li { margin-top: 12px; } .alone pre { margin-top: 4px; max-height: 14em; overflow-y: auto; }
@media (max-width: 560px) { main { padding: 24px 12px 48px; } .card, article.query { padding: 14px; } .tiles { grid-template-columns: 1fr 1fr; gap: 8px; } .clauses > li { padding-left: 10px; } .conditions li { grid-template-columns: 1fr; gap: 4px; } }
${FILTER_STYLE}
`;
