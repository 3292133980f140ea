/** Whether integration suites would run at all. */
import { FLAG, nearMiss, readFlag } from "../guard/flag.ts";
import { type Finding, note, ok, problem, problemOf } from "./finding.ts";

/**
 * @param scripts - those of package.json
 * @param inFile - variables that this process may have from .env.test alone
 */
export function checkFlag(
  environment: NodeJS.ProcessEnv,
  scripts: Readonly<Record<string, string>>,
  inFile: readonly string[] = [],
): Finding[] {
  try {
    const under = inFile.includes(FLAG) ? " under npx with-test-db run, by .env.test" : "";
    if (readFlag(FLAG)) return [ok(`${FLAG}=${environment[FLAG]}: integration suites run${under}`)];
  } catch (error) {
    return [problemOf(error)];
  }
  const next = `${FLAG}=1 npm test`;
  const meant = nearMiss(FLAG);
  if (meant) return [problem(`${meant} is set, but ${FLAG} is not: integration suites are skipped`, { next })];
  const script = Object.keys(scripts).find((name) => scripts[name]?.includes(`${FLAG}=`));
  if (script !== undefined) return [ok(`${FLAG} is not set here; the script ${script} sets it`)];
  const isOff = environment[FLAG] !== undefined && environment[FLAG] !== "";
  const what = isOff
    ? `${FLAG}=${environment[FLAG]}: integration suites are skipped`
    : `${FLAG} is not set: integration suites are skipped`;
  // in CI nobody sees that they were
  return [environment["CI"] && !isOff ? problem(what, { next }) : note(what, { next })];
}
