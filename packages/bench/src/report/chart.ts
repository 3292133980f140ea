/** docs/performance.svg: bars on a logarithmic scale, legible on light and on dark. */
import type { Finding } from "../finding.ts";
import { shown } from "../goals.ts";
import { SETTINGS, type Setting } from "../server.ts";
import { summaryOf } from "../statistics.ts";

const WIDTH = 860;
const LEFT = 270;
const RIGHT = 80;
const BAR = 13;
const ROW = 36;
const HEAD = 56;
const COLOURS: Readonly<Record<Setting, string>> = { tmpfs: "light", disk: "deep", given: "deep" };
const ORDER = ["ours", "templateFileCopy", "template", "pgsqlTest", "migrateSchema", "migrateDatabase", "pglite"];

interface Bar {
  readonly setting: Setting;
  readonly ms: number;
}

export function chartOf(findings: readonly Finding[]): string {
  const lives = findings.filter(({ measure }) => measure === "lives");
  const all = lives.flatMap(({ samples }) => ORDER.flatMap((name) => (samples[name] ? [medianOf(samples[name])] : [])));
  const highest = Math.max(10, ...all);
  const lowest = Math.min(10, ...all) / 1.6;
  const scale = (ms: number): number =>
    ((Math.log(ms) - Math.log(lowest)) / (Math.log(highest) - Math.log(lowest))) * (WIDTH - LEFT - RIGHT);
  const sizes = [...new Set(lives.map(({ tables }) => tables))];
  const body: string[] = [];
  let y = 40;
  for (const tables of sizes) {
    const own = lives.filter((finding) => finding.tables === tables);
    body.push(text(16, y + 22, `${tables} tables, ${own[0]?.migrations} migrations`, "head"));
    y += HEAD - 16;
    for (const name of ORDER) {
      const bars = own.flatMap(({ setting, samples }): Bar[] =>
        samples[name] ? [{ setting, ms: medianOf(samples[name]) }] : [],
      );
      if (bars.length === 0) continue;
      const label = own.find(({ labels }) => labels[name])?.labels[name]?.replaceAll(/[`*]/g, "") ?? name;
      body.push(text(LEFT - 12, y + ROW / 2, label, name === "ours" ? "label ours" : "label"));
      bars.forEach(({ setting, ms }, i) => {
        const top = y + (ROW - bars.length * (BAR + 1)) / 2 + i * (BAR + 1) - 4;
        const kind = name === "pglite" ? "none" : COLOURS[setting];
        body.push(
          `<rect class="${kind}${name === "ours" ? " own" : ""}" x="${LEFT}" y="${top}" width="${Math.max(2, scale(ms)).toFixed(1)}" height="${BAR}" rx="2"/>`,
          text(LEFT + scale(ms) + 6, top + BAR - 2.5, `${shown(ms)} ms`, "value"),
        );
      });
      y += ROW;
    }
    y += 8;
  }
  const settings = [...new Set(lives.map(({ setting }) => setting))];
  settings.forEach((setting, i) => {
    body.push(
      `<rect class="${COLOURS[setting]}" x="${LEFT + i * 190}" y="${y + 4}" width="12" height="12" rx="2"/>`,
      text(LEFT + i * 190 + 18, y + 14, SETTINGS[setting], "value"),
    );
  });
  y += 34;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="How long a suite's database takes, from nothing to the answer of a query to nothing">
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.head { font-weight: 600 }
.label { text-anchor: end }
.ours { font-weight: 700 }
.value { fill: #59636e }
.light { fill: #a9b4c0 } .deep { fill: #6b7a8a } .none { fill: #8a97a4 }
.light.own { fill: #3fb27f } .deep.own { fill: #1a7f55 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .value { fill: #9198a1 }
  .light { fill: #59636e } .deep { fill: #8a97a4 } .none { fill: #707d8a }
}
</style>
${text(16, 26, "A database for one suite: asked for, one query, given back. Median, logarithmic scale", "title")}
${body.join("\n")}
</svg>
`;
}

const medianOf = (samples: readonly number[]): number => summaryOf(samples).median;

const text = (x: number, y: number, words: string, kind: string): string =>
  `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
