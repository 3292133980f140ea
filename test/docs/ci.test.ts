/** The files that CI runs: read by a parser, shown as they are, and of commands and versions that there are. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments, parseDocument } from "yaml";
import { LINES } from "../consumers/lines.ts";
import { read, root } from "./pages.ts";

const WORKFLOWS = readdirSync(join(root, ".github/workflows")).map((name) => join(".github/workflows", name));
const FILES = [...WORKFLOWS, ".gitlab-ci.yml", "docker-compose.yml"];
const { scripts, engines } = JSON.parse(read("package.json"));
const shown = [...read("docs/ci.md").matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text);

type Step = { uses?: string; run?: string; with?: { "node-version"?: unknown } };
type Matrix = Record<string, unknown[]>;
interface Job {
  strategy?: { matrix: Matrix };
  parallel?: { matrix: Matrix[] };
  image?: string;
  services?: Record<string, { image: string }> | { name: string }[];
  steps?: Step[];
  script?: string[];
}

/** All jobs of the workflows and of GitLab's file, and those that README shows. */
const jobs: [string, Job][] = [
  ...WORKFLOWS.flatMap((file) => Object.entries(parsed(read(file)).jobs as Record<string, Job>)),
  ...Object.entries(parsed(read(".gitlab-ci.yml")) as Record<string, Job>).filter(([, job]) => job.script),
  ...[...read("README.md").matchAll(/^```yaml\n([\s\S]*?)^```/gm)].flatMap(([, text = ""]) =>
    Object.entries(parsed(text).jobs as Record<string, Job>),
  ),
];
const commandsOf = ({ steps = [], script = [] }: Job): string[] => [...steps.flatMap(({ run = [] }) => run), ...script];
const versionsOf = ({ strategy, parallel }: Job): Matrix =>
  Object.assign({}, strategy?.matrix, ...(parallel?.matrix ?? []));

function parsed(text: string) {
  const document = parseDocument(text, { strict: true, uniqueKeys: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS() as Record<string, unknown>;
}

describe("the files that CI runs", () => {
  it.each(FILES)("%s is one document of YAML, without an error", (file) => {
    const documents = parseAllDocuments(read(file), { strict: true });
    expect(documents).toHaveLength(1);
    expect(Object.keys(parsed(read(file)))).not.toEqual([]);
  });

  it("are shown in docs/ci.md as they are, but for the release", () => {
    expect(shown).toEqual(FILES.filter((file) => !file.endsWith("/release.yml")).map(read));
  });

  it("run what there is to run", () => {
    expect(jobs.length).toBeGreaterThan(6);
    for (const [, job] of jobs) {
      const commands = commandsOf(job);
      expect(commands).not.toEqual([]);
      for (const command of commands) {
        const [, script] = /^npm run (\S+)/.exec(command) ?? [];
        if (script) expect(scripts).toHaveProperty([script]);
        else expect(command).toMatch(/^(npm (ci|test|publish)|npx vitest run --project|test "\$GITHUB_REF_NAME" =) ?/);
      }
    }
  });

  it("take actions at a version, and name no version of Node, Drizzle or PostgreSQL that is not supported", () => {
    const [oldest] = engines.node.match(/\d+/);
    for (const [, job] of jobs) {
      for (const { uses } of job.steps ?? []) if (uses) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
      const { node, NODE, drizzle = [], postgres, POSTGRES } = versionsOf(job);
      for (const version of node ?? NODE ?? []) expect(Number(version)).toBeGreaterThanOrEqual(Number(oldest));
      for (const version of postgres ?? POSTGRES ?? []) expect(Number(version)).toBeGreaterThanOrEqual(15);
      for (const line of drizzle) expect(LINES.filter((each) => each.startsWith(`${line}.`))).toHaveLength(1);
    }
  });

  it("publish with provenance, what was checked and tested before", () => {
    const release = parsed(read(".github/workflows/release.yml"));
    expect(release["permissions"]).toEqual({ contents: "read", "id-token": "write" });
    const commands = commandsOf((release["jobs"] as Record<string, Job>)["publish"] as Job);
    expect(commands.slice(-4)).toEqual([
      ...["npm ci", "npm run check", "npm test"],
      "npm publish --provenance --access public",
    ]);
  });
});
