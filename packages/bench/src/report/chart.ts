/** docs/performance.svg: bars, legible on light and on dark. */
import type { Finding } from "../finding.ts";
import { shown } from "../goals.ts";
import type { Measure } from "../options.ts";
import { SETTINGS, type Setting } from "../server.ts";
import { summaryOf } from "../statistics.ts";

const WIDTH = 860;
const LEFT = 270;
const RIGHT = 90;
const BAR = 13;
/** Between two bars of a way, and between two ways. */
const BAR_GAP = 1;
const ROW_GAP = 9;
const COLOURS: Readonly<Record<Setting, string>> = { tmpfs: "light", disk: "deep", given: "deep" };
/** The ways that are drawn, and what a label has room for. */
const WAYS: Readonly<Record<string, string>> = {
  bare: "bare connection, no isolation",
  ours: "with-test-db",
  templateFileCopy: "template clone, FILE_COPY",
  template: "template clone",
  pgsqlTest: "pgsql-test, from a template",
  migrateSchema: "migrate() into a new schema",
  migrateDatabase: "migrate() into a new database",
  pglite: "PGlite",
};

interface Panel {
  readonly measure: Measure;
  readonly title: string;
  /** Findings with the same words are drawn together. */
  readonly group: (finding: Finding) => string;
  readonly scale: "logarithmic" | "linear";
}

const project = ({ tables, migrations }: Finding): string => `${tables} tables, ${migrations} migrations`;

const PANELS: readonly Panel[] = [
  {
    measure: "lives",
    title: "A database for one suite: asked for, one query, given back. Median",
    group: project,
    scale: "logarithmic",
  },
  {
    measure: "processor",
    title: "Processor time of one, client and server. Median",
    group: (finding) => `${project(finding)}: ${finding.part}`,
    scale: "logarithmic",
  },
  {
    measure: "throughput",
    title: "How many a second. Median",
    group: (finding) => `${project(finding)}: ${finding.part}`,
    scale: "linear",
  },
];

export function chartOf(findings: readonly Finding[]): string {
  const body: string[] = [];
  let y = 0;
  for (const panel of PANELS) {
    const own = findings.filter(({ measure }) => measure === panel.measure);
    if (own.length > 0) y = draw(panel, own, y, body);
  }
  const settings = [...new Set(findings.filter(isDrawn).map(({ setting }) => setting))];
  settings.forEach((setting, i) => {
    const x = LEFT + i * 190;
    body.push(bar(COLOURS[setting], x, y + 10, 12, 12), text(x + 18, y + 20, SETTINGS[setting], "value"));
  });
  return document(y + 40, body);
}

const isDrawn = ({ measure }: Finding): boolean => PANELS.some((panel) => panel.measure === measure);

/** Returns where the next panel begins. */
function draw({ title, group, scale }: Panel, findings: readonly Finding[], top: number, body: string[]): number {
  const lengthOf = scaleOf(
    scale,
    findings.flatMap(({ samples }) =>
      Object.keys(WAYS).flatMap((way) => (samples[way] ? [medianOf(samples[way])] : [])),
    ),
  );
  body.push(text(16, top + 26, scale === "linear" ? title : `${title}, logarithmic scale`, "title"));
  let y = top + 40;
  for (const words of new Set(findings.map(group))) {
    const together = findings.filter((finding) => group(finding) === words);
    body.push(text(16, y + 22, words, "head"));
    y += 36;
    for (const [way, label] of Object.entries(WAYS)) {
      const bars = together.filter(({ samples }) => samples[way]);
      if (bars.length === 0) continue;
      const own = way === "ours" ? " own" : "";
      const height = bars.length * (BAR + BAR_GAP);
      body.push(text(LEFT - 12, y + height / 2 + 4, label, `label${own}`));
      bars.forEach(({ setting, samples, unit }, i) => {
        const value = medianOf(samples[way] as number[]);
        const barTop = y + i * (BAR + BAR_GAP);
        // PGlite is on no server
        const colour = way === "pglite" ? "none" : COLOURS[setting];
        body.push(
          bar(colour + own, LEFT, barTop, Math.max(2, lengthOf(value)), BAR),
          text(LEFT + lengthOf(value) + 6, barTop + BAR - 2.5, `${shown(value)} ${unit}`, "value"),
        );
      });
      y += height + ROW_GAP;
    }
    y += 8;
  }
  return y;
}

/** How long a bar is. */
function scaleOf(scale: Panel["scale"], values: readonly number[]): (value: number) => number {
  const room = WIDTH - LEFT - RIGHT;
  const highest = Math.max(...values);
  if (scale === "linear") return (value) => (value / highest) * room;
  const lowest = Math.min(...values) / 1.6;
  return (value) => (Math.log(value / lowest) / Math.log(highest / lowest)) * room;
}

const medianOf = (samples: readonly number[]): number => summaryOf(samples).median;

const bar = (kind: string, x: number, y: number, width: number, height: number): string =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height}" rx="2"/>`;

const text = (x: number, y: number, words: string, kind: string): string =>
  `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;

const document = (height: number, body: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="What a suite's database costs: time, processor time, and how many there are a second">
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.head { font-weight: 600 }
.label { text-anchor: end }
text.own { font-weight: 700 }
.value { fill: #59636e }
.light { fill: #a9b4c0 } .deep { fill: #6b7a8a } .none { fill: #8a97a4 }
.light.own { fill: #3fb27f } .deep.own { fill: #1a7f55 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .value { fill: #9198a1 }
  .light { fill: #59636e } .deep { fill: #8a97a4 } .none { fill: #707d8a }
}
</style>
${body.join("\n")}
</svg>
`;
