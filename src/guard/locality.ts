/**
 * Decides whether a target may be used at all, before anything is connected to. Only what is certainly a developer's or
 * a CI's own server passes; every other host has to be allowed by name.
 */
import { TestDbError } from "../errors.ts";
import { isLoopback } from "../target/loopback.ts";
import { describeTarget, type Target } from "../target/target.ts";

/** Names that container tools give to a database beside the tests. */
const LOCAL_NAMES: readonly string[] = ["postgres", "db", "host.docker.internal"];
/** Environment variables by which deployments say what they are. */
const STAGE_VARIABLES: readonly string[] = ["NODE_ENV", "RUN_ENV", "APP_ENV"];
const PRODUCTION: readonly string[] = ["prod", "prd", "production", "live"];

/** @throws TestDbError `TARGET_REFUSED` in a process that says it runs in production */
export function assertNotProduction(environment: Readonly<Record<string, string | undefined>> = process.env): void {
  for (const name of STAGE_VARIABLES) {
    const stage = environment[name] ?? "";
    if (!productionWord(stage)) continue;
    throw new TestDbError("TARGET_REFUSED", {
      what: "No server was touched",
      why: `${name}=${stage}: this process says that it runs in production`,
      next: `unset ${name}`,
    });
  }
}

/**
 * @param remoteHosts - that may be used beside this machine
 * @throws TestDbError `TARGET_REFUSED` where the target may be somebody's data
 */
export function assertTargetAllowed(target: Target, remoteHosts: readonly string[]): void {
  const refuse = (why: string, next: string): never => {
    throw new TestDbError("TARGET_REFUSED", { what: `${describeTarget(target)} was not touched`, why, next });
  };
  for (const part of ["host", "database", "user"] as const) {
    const [name, word] = [target[part], productionWord(target[part])];
    if (word)
      refuse(`its ${part} is called ${JSON.stringify(name)}, which says ${word}`, "use a database that is for tests");
  }
  const allowed = [...LOCAL_NAMES, ...remoteHosts].map((host) => host.toLowerCase());
  if (isLoopback(target.host) || allowed.includes(target.host.toLowerCase())) return;
  refuse(
    `${target.host} is not this machine, and tests make and drop databases where they run`,
    `if it is for tests: TEST_DB_ALLOW_REMOTE=${target.host} npm test`,
  );
}

/** The word in a name that says production: `latest_prod`, `appProduction2`, `APIProd`, `proddb`; not `product` or `reproduction`. */
function productionWord(name: string): string | undefined {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  const words = `${spaced} ${spaced.replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")}`.split(/[^A-Za-z]+/);
  return words.find((word) => PRODUCTION.includes(word.toLowerCase().replace(/^db|db$/, "")));
}

/** The hosts in a list as `TEST_DB_ALLOW_REMOTE` has it: separated by commas or blanks. */
export const hostsIn = (list: string | undefined): string[] => (list ?? "").split(/[\s,]+/).filter(Boolean);
