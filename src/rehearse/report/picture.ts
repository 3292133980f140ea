/** The picture: a time axis, a row for each migration with a bar for each statement, and a lane for each table with its locks. */
import { type Html, html } from "../../report-page/html.ts";
import { msInWords, shortened } from "../../words.ts";
import { modeInWords, rankOf, strengthening } from "../lock-modes.ts";
import { type Blocks, type HeldLock, placeOf, type Rehearsal, type RehearsedMigration } from "../rehearsal.ts";

const [WIDTH, GUTTER, EDGE, ROW, BAR, TOP] = [1080, 230, 14, 28, 18, 34];
/** How much a letter takes, about, and how many fit beside the lanes. */
const [LETTER, LETTERS] = [7, 31];

/** The class that colours what a lock blocks. */
export const COLOURS: Readonly<Record<Blocks, string>> = {
  "reads and writes": "all",
  writes: "writes",
  "schema changes": "schema",
  nothing: "rows",
};

export function picture(rehearsal: Rehearsal): Html {
  const { ms } = rehearsal;
  const migrations = rehearsal.migrations.filter(({ statements }) => statements.length > 0);
  const lanes = lanesOf(rehearsal);
  const scale = (WIDTH - GUTTER - EDGE) / Math.max(ms, 0.01);
  const x = (at: number): number => round(GUTTER + at * scale);
  const locksTop = TOP + migrations.length * ROW + 36;
  const bottom = lanes.length > 0 ? locksTop + lanes.length * ROW : locksTop - 36;
  const rowOf = (index: number, top: number): number => top + index * ROW;
  return html`<svg viewBox="0 0 ${WIDTH} ${bottom + 10}" role="img" aria-label="Time and locks of the migrations">
<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V7"/></pattern></defs>
${ticks(ms).map((at) => html`<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${TOP - 8}" y2="${bottom}"/><text class="small" x="${x(at)}" y="${TOP - 14}" text-anchor="middle">${tickInWords(at, ms)}</text>`)}
<text class="head" x="0" y="${TOP - 14}">Migrations</text>
${migrations.map((migration, index) => {
  const y = rowOf(index, TOP);
  return html`<line class="rule" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>${label(migration.tag, y)}${migration.statements.map(
    ({ begins, ms: took, line, sql, failure }) =>
      html`<rect class="${failure ? "failed" : "bar"}" x="${x(begins)}" y="${y + 5}" width="${width(took * scale)}" height="${BAR}" rx="2"><title>${placeOf({ ...migration, line })}, ${msInWords(took)}${failure ? ", failed" : ""}
${shortened(sql, 600)}</title></rect>`,
  )}${outside(migration, y, x)}`;
})}
${
  lanes.length > 0 &&
  html`<text class="head" x="0" y="${locksTop - 12}">Locks on tables</text>
${lanes.map(({ table, segments, rewritten }, index) => {
  const y = rowOf(index, locksTop);
  return html`<line class="rule" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>${label(table, y)}${segments.map(
    ({ lock, from, to }) => {
      const words = `${lock.blocks === "nothing" ? "changed rows only" : lock.blocks}, ${msInWords(lock.ms)}`;
      return html`<g><title>${table}: ${modeInWords(lock.mode)} for ${msInWords(lock.ms)}, from ${placeOf(lock.at)}</title><rect class="${COLOURS[lock.blocks]}" x="${x(from)}" y="${y + 5}" width="${width((to - from) * scale)}" height="${BAR}" rx="2"/></g>${rewritten
        .filter((part) => part.from >= from && part.from < to)
        .map(
          (part) =>
            html`<rect class="rewrite" x="${x(part.from)}" y="${y + 5}" width="${width((part.to - part.from) * scale)}" height="${BAR}"><title>${part.what} written anew</title></rect>`,
        )}${
        (Math.min(to, ms) - from) * scale > words.length * LETTER + 12 &&
        html`<text class="on-${COLOURS[lock.blocks]}" x="${x(to) - 8}" y="${y + 18.5}" text-anchor="end">${words}</text>`
      }`;
    },
  )}`;
})}`
}
<line class="end" x1="${x(ms)}" x2="${x(ms)}" y1="${TOP - 8}" y2="${bottom}"/>
</svg>`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
/** What took no time to speak of is still to be seen. */
const width = (value: number): number => round(Math.max(value, 2));

const label = (name: string, y: number): Html =>
  html`<text x="0" y="${y + 18.5}">${shortened(name, LETTERS)}<title>${name}</title></text>`;

/** The time of a migration: behind its bars, or before them where there is no room. */
function outside(
  { statements, state, ms }: RehearsedMigration,
  y: number,
  x: (at: number) => number,
): Html | undefined {
  const [first, last] = [statements[0], statements.at(-1)];
  if (!first || !last) return undefined;
  const words = state === "failed" ? "failed" : msInWords(ms);
  const end = Math.max(x(last.begins + last.ms), x(last.begins) + 2) + 8;
  const isBehind = end + words.length * LETTER < WIDTH;
  return html`<text class="${state === "failed" ? "bad small" : "small"}" x="${isBehind ? end : x(first.begins) - 8}" y="${y + 18.5}" text-anchor="${isBehind ? "start" : "end"}">${words}</text>`;
}

interface Segment {
  readonly lock: HeldLock;
  readonly from: number;
  readonly to: number;
}

interface Lane {
  readonly table: string;
  /** Of the strongest lock at the time. */
  readonly segments: readonly Segment[];
  readonly rewritten: readonly { readonly from: number; readonly to: number; readonly what: string }[];
}

/** Tables that were there before, those that are blocked longest and most first. */
function lanesOf({ locks, migrations, rewrites, ms }: Rehearsal): Lane[] {
  const old = locks.filter(({ isOld, mode }) => isOld && mode !== "RowShareLock");
  const lanes = [...new Set(old.map(({ table }) => table))].map((table): Lane => {
    const stronger = strengthening(old.filter((held) => held.table === table));
    const segments = stronger.map((lock, index) => ({
      lock,
      from: lock.begins,
      to: stronger[index + 1]?.begins ?? ms,
    }));
    const rewritten = rewrites
      .filter((rewrite) => rewrite.table === table && rewrite.index === undefined)
      .flatMap(({ at }) => {
        const statement = migrations.find(({ tag }) => tag === at.tag)?.statements.find(({ line }) => line === at.line);
        return statement
          ? [{ from: statement.begins, to: statement.begins + statement.ms, what: `all of ${table}` }]
          : [];
      });
    return { table, segments: segments.filter(({ from, to }) => to > from), rewritten };
  });
  const weight = ({ segments }: Lane): number => Math.min(...segments.map(({ lock }) => rankOf(lock.mode)));
  const held = ({ segments }: Lane): number => Math.max(0, ...segments.map(({ lock }) => lock.ms));
  return lanes.sort((a, b) => weight(a) - weight(b) || held(b) - held(a));
}

const STEPS = [1, 2, 5];

/** Round moments, six to eight of them, short of the end. */
function ticks(ms: number): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 1) / 8));
  const step = [...STEPS, 10].map((factor) => factor * power).find((size) => ms / size <= 8) ?? ms;
  return Array.from({ length: Math.floor(ms / step) + 1 }, (_, index) => round(index * step));
}

const tickInWords = (at: number, ms: number): string =>
  at === 0 ? "0" : ms >= 2_000 ? `${round(at / 1000)} s` : `${at} ms`;
