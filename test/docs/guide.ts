/**
 * A page that a reader follows from an empty folder, followed. Blocks are what a reader takes them for: `sh` is typed line by line,
 * a first line that is a path names a file, and `text` is what the commands before said, line by line; `…` stands for anything, and
 * so do moments, durations, sizes and what is random in names. A last line `exit code 1` is the code of the last command.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect } from "vitest";
import { root } from "./pages.ts";

export type Step =
  | { readonly kind: "file"; readonly path: string; readonly text: string }
  | { readonly kind: "commands"; readonly lines: readonly string[] }
  | { readonly kind: "said"; readonly lines: readonly string[] }
  | { readonly kind: "other"; readonly language: string };

/** `ONLINE=1`: packages come from the registry, as for a reader; else they are linked from where the repository has them. */
const isOnline = process.env["ONLINE"] === "1";
const bun = join(root, "node_modules", ".bin", "bun");
const linesOf = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

/** The blocks of code on a page. */
export function stepsOf(page: string): Step[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]): Step => {
    const path = /^(?:\/\/|#|--) ([\w./-]+\.\w+)\n/.exec(text)?.[1];
    if (path) return { kind: "file", path, text };
    if (language === "sh") return { kind: "commands", lines: linesOf(text) };
    if (language === "text") return { kind: "said", lines: linesOf(text) };
    return { kind: "other", language };
  });
}

/** What a page needs, and nothing here has. */
export function missingOf(steps: readonly Step[]): string[] {
  const lines = steps.flatMap((step) => (step.kind === "commands" ? step.lines : []));
  const lacksBun = lines.some((line) => line.startsWith("bun ")) && spawnSync(bun, ["--version"]).status !== 0;
  const packages = lines
    .flatMap((line) => installed(line) ?? [])
    .filter((name) => !isOnline && name !== "with-test-db" && !existsSync(join(root, "node_modules", name)));
  return lacksBun ? ["bun", ...packages] : packages;
}

/** Follows a page, from a folder that is empty. */
export function follow(steps: readonly Step[], folder: string, environment: NodeJS.ProcessEnv = {}): void {
  let directory = folder;
  let output = "";
  let everything = "";
  let status = 0;
  steps.forEach((step, index) => {
    if (step.kind === "file") {
      mkdirSync(dirname(join(directory, step.path)), { recursive: true });
      writeFileSync(join(directory, step.path), step.text);
    }
    if (step.kind === "commands") {
      output = "";
      const next = steps[index + 1];
      const said = next?.kind === "said" ? next.lines : [];
      const code = codeOf(said);
      const fails = code === undefined && /FAIL|[1-9] fail|fail [1-9]/.test(said.join("\n"));
      for (const [place, written] of step.lines.entries()) {
        const line = asNamedNow(written, everything);
        if (line.startsWith("cd ")) {
          directory = join(directory, line.slice(3));
          continue;
        }
        const ran = install(line, directory) ?? type(line, directory, environment);
        status = ran.status ?? 1;
        output += ran.output;
        everything += ran.output;
        if (code !== undefined && place === step.lines.length - 1) expect(status, `${line}\n${output}`).toBe(code);
        else expect(status === 0, `${line}\n${output}`).toBe(!fails);
      }
    }
    if (step.kind === "said") expect(output).toMatch(saying(step.lines.filter((line) => !EXIT_CODE.test(line))));
  });
}

const EXIT_CODE = /^exit code (\d+)$/;

function codeOf(lines: readonly string[]): number | undefined {
  const [, code] = EXIT_CODE.exec(lines.at(-1) ?? "") ?? [];
  return code === undefined ? undefined : Number(code);
}

/** What is random in the name of a unit or a home. */
const RANDOM = /(?<=(?:\b|%3D)it_(?:[a-z0-9]+_)*)(?:[a-z0-9]{14}|[0-9a-f]{24})\b/g;

/** A line with the names of units that the page has replaced by those that came up for them last. */
const asNamedNow = (line: string, output: string): string =>
  line.replace(/\bit_\w+\b/g, (name) => {
    const like = new RegExp(`\\b${name.replace(RANDOM, "\\w{14,24}")}\\b`, "g");
    return [...output.matchAll(like)].at(-1)?.[0] ?? name;
  });

/** An empty folder, with bun beside the project, which a reader has and which comes from npm here. */
export function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "with-test-db-guide-")));
  if (existsSync(bun)) symlinkSync(bun, join(folder, "bun"));
  return folder;
}

/** The packages that a line installs. */
function installed(line: string): string[] | undefined {
  const [, names] = /^(?:npm install|bun add)((?: [@\w./-]+)+)$/.exec(line) ?? [];
  return names?.split(" ").filter((name) => name !== "" && !name.startsWith("-"));
}

function install(line: string, directory: string): { status: number; output: string } | undefined {
  const names = installed(line);
  if (!names) return undefined;
  if (isOnline) {
    const tarball = names.includes("with-test-db") ? packed(dirname(directory)) : "";
    return type(line.replace(/(?<= )with-test-db(?= |$)/, tarball), directory);
  }
  for (const name of names) link(name, join(directory, "node_modules"));
  return { status: 0, output: "" };
}

function link(name: string, modules: string): void {
  const to = join(modules, name);
  mkdirSync(dirname(to), { recursive: true });
  mkdirSync(join(modules, ".bin"), { recursive: true });
  if (name === "with-test-db") {
    for (const part of ["dist", "package.json"]) cpSync(join(root, part), join(to, part), { recursive: true });
    // npm makes programs executable when it installs them
    chmodSync(join(to, "dist", "cli.mjs"), 0o755);
  } else symlinkSync(realpathSync(join(root, "node_modules", name)), to, "junction");
  const from = realpathSync(to);
  const { bin = {} } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as { bin?: string | object };
  const programs = typeof bin === "string" ? { [name]: bin } : bin;
  for (const [program, path] of Object.entries(programs)) symlinkSync(join(from, path), join(modules, ".bin", program));
}

function packed(folder: string): string {
  type(`npm pack --ignore-scripts --pack-destination ${folder}`, root);
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
}

export function type(
  line: string,
  directory: string,
  environment: NodeJS.ProcessEnv = {},
): { status: number; output: string } {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV|CI$|TEST_DB_IT|npm_)/.test(name),
  );
  const { status, stdout } = spawnSync("sh", ["-c", `{ ${withoutNpx(line)}\n} 2>&1`], {
    cwd: directory,
    encoding: "utf8",
    timeout: 120_000,
    env: {
      ...Object.fromEntries(inherited),
      PATH: [join(directory, "node_modules", ".bin"), dirname(directory), process.env["PATH"]].join(delimiter),
      ...{ NO_COLOR: "1", TEST_DB_KEEP: "0" },
      ...environment,
    },
  });
  return { status: status ?? 1, output: stdout };
}

/** npx takes seconds to find what the path has. */
const withoutNpx = (line: string): string => line.replace(/(^| )npx /, "$1");

/** What differs from run to run. */
const DIFFERS = new RegExp(
  [
    RANDOM.source,
    String.raw`\b[0-9a-f]{24}\b`,
    String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::[\d.]+)?(?:Z|[+-]\d\d(?::?\d\d)?)?`,
    String.raw`\b\d+(?:[.,]\d+)? ?(?:ms|s|min|h|kB|MB|bytes)\b`,
    String.raw`(?<=127\.0\.0\.1:)\d+`,
    String.raw`(?<=\bpid )\d+`,
    String.raw`\b\d{14}(?=_)`,
    " {2,}",
  ].join("|"),
  "g",
);

const saying = (lines: readonly string[]): RegExp =>
  new RegExp(
    lines
      .map((line) =>
        line
          .trim()
          .replace(DIFFERS, "…")
          .split("…")
          .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
          .join(".*"),
      )
      .join("[\\s\\S]*"),
  );
