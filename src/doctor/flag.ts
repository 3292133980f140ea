/** Whether integration suites would run at all. */
import { FLAG, nearMiss, readFlag } from "../guard/flag.ts";
import { type Finding, note, ok, problem, problemOf } from "./finding.ts";

/** @param scripts - those of package.json */
export function checkFlag(environment: NodeJS.ProcessEnv, scripts: Readonly<Record<string, string>>): Finding[] {
  try {
    if (readFlag(FLAG)) return [ok(`${FLAG}=${environment[FLAG]}: integration suites run`)];
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
