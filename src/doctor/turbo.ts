/** Whether turbo passes the library's variables on: what turbo.json does not name, a task does not get. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Finding, note, ok, problem } from "./finding.ts";

interface Passing {
  readonly env?: readonly string[];
  readonly passThroughEnv?: readonly string[];
}
interface Turbo extends Passing {
  readonly envMode?: string;
  readonly globalEnv?: readonly string[];
  readonly globalPassThroughEnv?: readonly string[];
  readonly tasks?: Readonly<Record<string, Passing>>;
  readonly pipeline?: Readonly<Record<string, Passing>>;
}

/** What a suite may need of the environment. */
const PASSED: readonly string[] = ["TEST_DB_IT", "TEST_DB_URL"];

export function checkTurbo(folder: string, environment: NodeJS.ProcessEnv): Finding[] {
  const file = find(folder);
  if (file === undefined) return [];
  let turbo: Turbo;
  try {
    turbo = parse(readFileSync(file, "utf8"));
  } catch {
    return [note(`${file} cannot be read, so there is no telling which variables turbo passes on`)];
  }
  const { envMode, globalEnv = [], globalPassThroughEnv = [], tasks = {}, pipeline = {} } = turbo;
  const named = [
    ...[...globalEnv, ...globalPassThroughEnv],
    ...Object.values({ ...pipeline, ...tasks }).flatMap(({ env = [], passThroughEnv = [] }) => [
      ...env,
      ...passThroughEnv,
    ]),
  ];
  const lost = envMode === "loose" ? [] : PASSED.filter((name) => !named.some((pattern) => matches(pattern, name)));
  if (lost.length === 0) return [ok(`${file} passes ${PASSED.join(" and ")} on`)];
  const isSet = lost.filter((name) => environment[name]);
  const more = {
    why: "turbo gives a task only the variables that turbo.json names",
    next: `"env": ["TEST_DB_*"] in the task that runs the tests, in ${file}`,
  };
  return isSet.length > 0
    ? [problem(`${isSet.join(" and ")} would not reach a suite that turbo runs`, more)]
    : [
        note(
          `${lost.join(" and ")} would not reach a suite that turbo runs, unless its own script sets ${lost.length > 1 ? "them" : "it"}`,
          more,
        ),
      ];
}

const matches = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(name);

/** In the folder, or in one around it: that of the monorepo has the tasks as a rule. */
function find(folder: string): string | undefined {
  const file = ["turbo.json", "turbo.jsonc"].map((name) => join(folder, name)).find(existsSync);
  return file ?? (dirname(folder) === folder ? undefined : find(dirname(folder)));
}

/** JSON with comments and commas at the end of lists, as turbo takes it. */
const parse = (text: string): Turbo =>
  JSON.parse(
    text
      .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "$1")
      .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, "$1"),
  );
