/** Which files are written: those that are not there, and package.json for one script. */
import { layoutOf } from "./layout.ts";
import type { Project } from "./read-project.ts";
import { drizzleConfigText, jestConfigText, schemaText, testText, vitestConfigText } from "./templates.ts";

export interface PlannedFile {
  readonly path: string;
  readonly text: string;
  readonly why: string;
  /** Whether it is there, and something is added. */
  readonly isChange?: boolean;
}

export const SCRIPT = "test:it";

/** @returns what is missing, and what is left as it is, by name */
export function planFiles(project: Project): { files: PlannedFile[]; there: string[] } {
  const layout = layoutOf(project);
  const { isTypeScript, runner, suites, manifest } = project;
  const ending = isTypeScript ? "ts" : "js";
  const files: PlannedFile[] = [];
  const there: string[] = [];
  const plan = (isThere: string | false | undefined, file: PlannedFile): void => {
    if (isThere) there.push(isThere);
    else files.push(file);
  };
  plan(manifest.scripts?.[SCRIPT] && `the script ${SCRIPT} of package.json`, scriptOf(project));
  plan(layout.hasSchema && layout.schema, { path: layout.schema, text: schemaText(project), why: "the schema" });
  plan(layout.drizzleConfig, {
    path: `drizzle.config.${ending}`,
    text: drizzleConfigText(project, layout),
    why: "where drizzle-kit finds the schema, and writes migrations",
  });
  if (runner === "vitest" || (runner === "jest" && !manifest.jest)) {
    plan(layout.runnerConfig, {
      path: runner === "jest" ? "jest.config.js" : `vitest.config.${project.isModule ? "" : "m"}${ending}`,
      text: runner === "jest" ? jestConfigText(project) : vitestConfigText(),
      why: "how long a test may take",
    });
  }
  plan(suites[0], { path: layout.test, text: testText(project, layout), why: "the first test" });
  return { files, there };
}

function scriptOf({ manifestText, manifest, folder, name, ...project }: Project): PlannedFile {
  const script = lineOf(project);
  const path = "package.json";
  if (manifestText === undefined) {
    const made = {
      name: packageName(name),
      private: true,
      type: project.isModule ? "module" : "commonjs",
      scripts: { [SCRIPT]: script },
    };
    return { path, text: `${JSON.stringify(made, null, 2)}\n`, why: `the script ${SCRIPT}` };
  }
  const changed = { ...manifest, scripts: { ...manifest.scripts, [SCRIPT]: script } };
  const indent = /^[{\s]*?\n([ \t]+)"/.exec(manifestText)?.[1] ?? 2;
  const end = manifestText.endsWith("\n") ? "\n" : "";
  const text = `${JSON.stringify(changed, null, indent)}${end}`;
  const isCrlf = manifestText.includes("\r\n");
  return {
    path,
    text: isCrlf ? text.replaceAll("\n", "\r\n") : text,
    why: `the script ${SCRIPT}`,
    isChange: true,
  };
}

function lineOf({ runner, packages, isModule }: Pick<Project, "runner" | "packages" | "isModule">): string {
  const cross = "cross-env" in packages ? "cross-env " : "";
  const vm = isModule ? "NODE_OPTIONS=--experimental-vm-modules " : "";
  const tsx = "tsx" in packages ? "--import tsx " : "";
  const lines = {
    vitest: "vitest run .it.test",
    jest: "jest .it.test",
    bun: "bun test .it.test",
    node: `node ${tsx}--test`,
  };
  return `${cross}TEST_DB_IT=1 ${runner === "jest" ? vm : ""}${lines[runner]}`;
}

/** What npm takes for a name. */
const packageName = (folder: string): string =>
  folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "") || "tests";
