/** What is published: whole, small, resolved alike by every kind of import, and without a link that leads out of it. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anchors, prose } from "../docs/pages.ts";
import { ENTRIES, root } from "./entries.ts";
import { pack } from "./pack.ts";

const REPOSITORY = "https://github.com/with-test-db/with-test-db";

describe.skipIf(!existsSync(join(root, "dist/index.mjs")))("the packed package", { timeout: 120_000 }, () => {
  let folder: string;
  let tarball: string;
  let unpacked: string;
  let files: readonly string[];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "with-test-db-tarball-"));
    ({ tarball, unpacked } = pack(folder));
    files = readdirSync(unpacked, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll(sep, "/"));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is smaller than 1.4 megabytes", () => {
    expect(statSync(tarball).size).toBeLessThan(1_400_000);
  });

  it("has what package.json names, and nothing of the sources or the tests", () => {
    const named = ENTRIES.flatMap(({ files }) => files.flatMap(({ code, types }) => [code, types]));
    const missing = named
      .map((file) => relative(root, file).replaceAll(sep, "/"))
      .filter((file) => !files.includes(file));
    expect(missing).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(["LICENSE", "THIRD-PARTY-NOTICES.md", "dist/cli.mjs", "dist/pg_dump.wasm"]),
    );
    expect(files.filter((file) => /^(src|test|packages|scripts|drizzle|node_modules)\b/.test(file))).toEqual([]);
  });

  it.each(["supervisor.mjs", "pg-dump-worker.mjs"])("needs no package in its program %s", (program) => {
    const text = readFileSync(join(unpacked, "dist", program), "utf8");
    const imported = [...text.matchAll(/\bimport\b[^;"'`]*?from ?["'`]([^"'`]+)["'`]/g)].map(([, name = ""]) => name);
    expect(imported.length).toBeGreaterThan(1);
    expect(imported.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it("has no link that leads nowhere, in any page", () => {
    const pages = files.filter((file) => file.endsWith(".md"));
    expect(pages.length).toBeGreaterThan(15);
    const broken = pages.flatMap((page) =>
      linksOf(readFileSync(join(unpacked, page), "utf8")).filter((link) => !leadsSomewhere(unpacked, page, link)),
    );
    expect(broken).toEqual([]);
  });

  it("tells where it comes from, and where to report a bug", () => {
    const { repository, bugs } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    expect(repository.url).toBe(`git+${REPOSITORY}.git`);
    expect(bugs).toBe(`${REPOSITORY}/issues`);
  });

  it("is resolved alike by Node and bundlers, from ES modules and from CommonJS, as attw sees it", () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const args = [attw, tarball, "--profile", "node16", "--format", "json"];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 64 << 20 });
    expect(stderr).toBe("");
    const { analysis, problems } = JSON.parse(stdout);
    // what node10 does with subpaths is left to it
    const those = Object.values<{ resolutionKind?: string }[]>(problems).flat();
    expect(those.filter(({ resolutionKind }) => resolutionKind !== "node10")).toEqual([]);
    expect(Object.keys(analysis.entrypoints)).toHaveLength(ENTRIES.length + 1);
  });

  it("has nothing that publint minds", () => {
    const publint = join(root, "node_modules/publint/src/cli.js");
    const args = [publint, "run", tarball, "--strict", "--level", "suggestion"];
    expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toMatch(/All good!/);
  });
});

/** Of text and of HTML, without those to other places. */
const linksOf = (text: string): string[] =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, link, attribute]) => link ?? attribute ?? "")
    .filter((link) => !/^[a-z]+:/.test(link) || link.startsWith(`${REPOSITORY}/blob/main/`));

function leadsSomewhere(place: string, page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (link.startsWith(REPOSITORY)) return existsSync(join(root, path.slice(`${REPOSITORY}/blob/main/`.length)));
  if (file.startsWith("..") || !existsSync(join(place, file))) return false;
  return anchor === undefined || anchors(readFileSync(join(place, file), "utf8")).has(anchor);
}
