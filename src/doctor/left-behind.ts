/** What earlier runs have left on the server: units of dead processes, kept units. */
import type { Session } from "../connections/session.ts";
import { isLeftBehind, readStatus } from "../janitor/read-status.ts";
import { type Finding, note, ok } from "./finding.ts";

/** In seconds: a process has its lock after a few, and no sweep takes what is younger. */
const OLD = 60;

export async function checkLeftBehind(session: Session): Promise<Finding[]> {
  const { units, homes } = await readStatus(session);
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const left = units.filter((unit) => isLeftBehind(unit) && unit.ageSeconds > OLD && !unit.keepAsked).length;
  const kept = units.filter(({ state }) => state === "kept").length;
  const findings = [
    ...(left > 0
      ? [note(`${count(left, "unit")} of processes that are gone`, { next: "npx with-test-db sweep" })]
      : []),
    ...(kept > 0
      ? [
          note(`${count(kept, "unit")} kept, to be looked into`, {
            next: "npx with-test-db status; npx with-test-db drop --all, once nobody needs them",
          }),
        ]
      : []),
  ];
  if (findings.length > 0) return findings;
  return [ok(`nothing is left behind (${count(homes.length, "home")}, ${count(units.length, "unit")})`)];
}
