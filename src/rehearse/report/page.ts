/** A rehearsal as one HTML page that needs nothing else: what was found, a picture of time and locks, and all that was seen. */
import type { Finding } from "../../findings/finding.ts";
import { Html, html } from "../../report-page/html.ts";
import { page, tile } from "../../report-page/page.ts";
import { counted, grouped, msInWords, shortened } from "../../words.ts";
import { worstLocks } from "../lock-modes.ts";
import type { Rehearsal, RehearsedMigration, TouchedTable } from "../rehearsal.ts";
import { bytesInWords } from "../words.ts";
import { picture } from "./picture.ts";
import { STYLE } from "./style.ts";

export const reportPage = (rehearsal: Rehearsal): string =>
  page({
    title: `Rehearsal: ${counted(rehearsal.findings.length, "finding", "findings")}`,
    style: STYLE,
    content: contentOf(rehearsal),
  });

const contentOf = (rehearsal: Rehearsal): Html => html`<h1>Migration rehearsal</h1>
<p class="faint">${counted(rehearsal.migrations.length, "migration", "migrations")} in one transaction, on ${rehearsal.on === "snapshot" ? "a copy of" : "made-up rows beside"} ${rehearsal.beside}, PostgreSQL ${rehearsal.server}</p>
${tiles(rehearsal)}
<h2>Findings</h2>
${findings(rehearsal.findings)}
<h2>Time and locks</h2>
<div class="card"><div class="scroll">${picture(rehearsal)}</div>${LEGEND}</div>
${section("Tables", tables(rehearsal))}
${section("Checks", checks(rehearsal))}
${section("Made-up rows", unfilled(rehearsal))}
<h2>Statements</h2>
${rehearsal.migrations.map(statements)}
<footer>Locks are held until the transaction ends. A lock counts from the beginning of the statement that took it. Production has other hardware,
other data and other people in it: compare rows and sizes.</footer>`;

const section = (title: string, content: Html | undefined): Html | undefined =>
  content &&
  html`<h2>${title}</h2>
<div class="card scroll">${content}</div>`;

const LEGEND = html`<div class="legend"><span><i class="all"></i>reads and writes wait</span><span><i class="writes"></i>writes wait</span><span><i class="schema"></i>schema changes wait</span><span><i class="rows"></i>only writes to changed rows wait</span><span><i class="hatched"></i>the table is written anew</span><span>┊ the transaction ends</span></div>`;

function tiles(rehearsal: Rehearsal): Html {
  const { ms, size, findings, migrations } = rehearsal;
  const [worst] = worstLocks(rehearsal)
    .filter(({ blocks }) => /writes/.test(blocks))
    .sort((a, b) => b.ms - a.ms);
  const rows = migrations
    .flatMap(({ changes }) => changes)
    .reduce((sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted, 0);
  const failed = migrations.find(({ state }) => state === "failed");
  return html`<dl class="tiles">${[
    tile("Findings", `${findings.length}`, failed ? `${failed.tag} fails` : ""),
    tile("Time", msInWords(ms), "from the first statement to the end"),
    tile(
      "Longest wait",
      worst ? msInWords(worst.ms) : "none",
      worst ? `${worst.blocks} on ${worst.table}` : "for readers and writers",
    ),
    tile("Rows changed", grouped(rows)),
    tile("Size", bytesInWords(size.before), size.after === undefined ? "" : `${bytesInWords(size.after)} after`),
  ]}</dl>`;
}

const findings = (found: readonly Finding[]): Html =>
  found.length === 0
    ? html`<p class="card good">Nothing was found.</p>`
    : html`<ul class="findings">${found.map(
        ({
          rule,
          message,
          help,
          file,
          line,
          detail,
        }) => html`<li class="card"><div class="head"><span class="tag">${rule}</span>${
          file !== undefined && html`<span class="mono faint">${file}:${line}</span>`
        }</div><p>${message}</p>${detail !== undefined && detail !== "" && html`<pre>${detail}</pre>`}${help !== undefined && html`<p class="faint">${help}</p>`}</li>
`,
      )}</ul>`;

const tables = ({ tables, rewrites }: Rehearsal): Html | undefined =>
  tables.length === 0
    ? undefined
    : html`<table><tr><th>table</th><th class="number">rows before</th><th class="number">rows after</th><th class="number">size before</th><th></th></tr>${tables.map(
        (
          table,
        ) => html`<tr><td>${table.table}</td><td class="number">${rowsOf(table.rowsBefore)}</td><td class="number">${rowsOf(table.rowsAfter)}</td><td class="number">${
          table.state === "new" ? "" : bytesInWords(table.bytesBefore)
        }</td><td>${remarks(table, rewrites)}</td></tr>
`,
      )}</table>`;

const rowsOf = (rows: number | undefined): string => (rows === undefined ? "" : grouped(rows));

function remarks({ table, state, rowsBefore = 0, rowsAfter }: TouchedTable, rewrites: Rehearsal["rewrites"]): Html[] {
  const of = rewrites.filter((rewrite) => rewrite.table === table);
  const indexes = new Set(of.flatMap(({ index }) => index ?? []));
  const said = [
    state !== "old" && html`${state}`,
    rowsAfter !== undefined &&
      rowsAfter < rowsBefore &&
      html`<span class="bad">${grouped(rowsBefore - rowsAfter)} lost</span>`,
    of.some(({ index }) => index === undefined) && html`written anew`,
    indexes.size > 0 && html`${counted(indexes.size, "index", "indexes")} written anew`,
  ];
  return said
    .filter((remark) => remark !== false)
    .flatMap((remark, index) => (index === 0 ? [remark] : [html`, `, remark]));
}

const checks = ({ checks }: Rehearsal): Html | undefined =>
  checks.length === 0
    ? undefined
    : html`<table><tr><th>check</th><th class="number">rows before</th><th class="number">new rows</th><th>query</th></tr>${checks.map(
        ({
          file,
          line,
          sql,
          rows,
          before,
          failure,
        }) => html`<tr><td class="mono">${file}:${line}</td><td class="number">${
          before === undefined ? "refused" : grouped(before)
        }</td><td class="number${rows > 0 || failure ? " bad" : ""}">${failure === undefined ? grouped(rows) : "refused"}</td><td><pre>${sql}</pre></td></tr>
`,
      )}</table>`;

const unfilled = ({ unfilled }: Rehearsal): Html | undefined =>
  unfilled.length === 0
    ? undefined
    : html`<table><tr><th>table</th><th class="number">rows</th><th>why there are no more</th></tr>${unfilled.map(
        ({ table, rows, why }) =>
          html`<tr><td>${table}</td><td class="number">${grouped(rows)}</td><td>${why}</td></tr>`,
      )}</table>`;

/** Of a statement: rows that a migration inserts can be many. */
const LONGEST = 4_000;

const statements = ({ tag, state, ms, statements, changes }: RehearsedMigration): Html =>
  html`<details class="card"${state === "failed" ? new Html(" open") : ""}><summary>${tag}<span class="faint">${
    state === "ran" ? msInWords(ms) : html`<span class="bad">${state}</span>`
  }${changes.map(({ table, inserted, updated, deleted }) => html` · ${table}: ${[inserted > 0 && `${grouped(inserted)} inserted`, updated > 0 && `${grouped(updated)} updated`, deleted > 0 && `${grouped(deleted)} deleted`].filter(Boolean).join(", ")}`)}</span></summary>${
    statements.length > 0 &&
    html`<table><tr><th class="number">line</th><th class="number">time</th><th>statement</th></tr>${statements.map(
      ({
        line,
        ms,
        sql,
        failure,
      }) => html`<tr><td class="number">${line}</td><td class="number">${msInWords(ms)}</td><td><pre>${shortened(sql, LONGEST)}</pre>${
        failure && html`<p class="bad">${failure.words}</p>`
      }</td></tr>
`,
    )}</table>`
  }</details>
`;
