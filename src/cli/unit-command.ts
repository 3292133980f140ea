/** What the commands have in common that do something with one unit: how the unit is found from its name alone. */
import type { Command } from "commander";
import { inSession, type Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { assertNotProduction } from "../guard/locality.ts";
import { IS_THERE, inHomes } from "../janitor/homes.ts";
import { forgetKept, readKept } from "../kept/kept-notes.ts";
import type { Isolation } from "../options.ts";
import type { Target } from "../target/target.ts";
import { type Unit, unitIn } from "../unit/unit.ts";
import { commandTarget } from "./server-command.ts";

/** A unit in somebody's hands, or a kept one. */
export interface FoundUnit {
  readonly unit: Unit;
  readonly home: Target;
  readonly isKept: boolean;
}

export interface UnitFlags {
  readonly url?: string;
}

/** Adds a command that takes a unit's name, and `[arguments...]` where its synopsis has them. */
export const unitCommand = (program: Command, synopsis: string): Command =>
  program.command(synopsis).option("--url <url>", "the server (default: where the unit was kept, else as for status)");

/**
 * The unit of that name: where it was noted that it was kept, else on the server that the flags, the environment or the running
 * embedded server name.
 *
 * @throws TestDbError `UNIT_GONE`, with the names of the kept ones
 */
export async function findUnit(name: string, { url }: UnitFlags): Promise<FoundUnit> {
  assertNotProduction();
  const found = (url === undefined ? await whereNoted(name) : undefined) ?? (await onServer(name, url));
  if ("unit" in found) return found;
  const kept = [...new Set([...readKept().map((note) => note.name), ...found])];
  throw new TestDbError("UNIT_GONE", {
    what: `There is no unit ${name}`,
    why: kept.length > 0 ? `these were kept: ${kept.join(", ")}` : "none was kept, or a sweep has dropped it",
    next: kept.length > 0 ? "name one of these" : "npx with-test-db status",
  });
}

async function whereNoted(name: string): Promise<FoundUnit | undefined> {
  for (const { home } of readKept(undefined, name)) {
    try {
      const [unit] = await inSession(home, (session) => readUnits(session, name), {}, 0);
      if (unit) return unit;
    } catch (error) {
      // an embedded server that has ended took its units along; another one may be away for a moment
      if (!isGone(home, error)) throw error;
    }
    forgetKept(name);
  }
  return undefined;
}

/** The unit, or the names of the kept ones. */
async function onServer(name: string, url: string | undefined): Promise<FoundUnit | readonly string[]> {
  const target = await commandTarget(url);
  if (!target) return [];
  const units: FoundUnit[] = [];
  await inSession(target, (session) => inHomes(session, async (home) => void units.push(...(await readUnits(home)))));
  return (
    units.find(({ unit }) => unit.name === name) ?? units.filter(({ isKept }) => isKept).map(({ unit }) => unit.name)
  );
}

/** The units of a home that are there, and are not in the pool. */
async function readUnits({ rows, target }: Session, name: string | null = null): Promise<FoundUnit[]> {
  const units = await rows<{ name: string; isolation: Isolation; kept: boolean; encrypted: boolean }>(
    `select u.name, u.isolation, u.state = 'kept' as kept,
            exists (select from pg_stat_ssl s where s.pid = pg_backend_pid() and s.ssl) as encrypted
       from with_test_db.unit u
      where u.state in ('leased', 'kept') and u.name = coalesce($1::text, u.name) and ${IS_THERE}`,
    [name],
  );
  return units.map(({ name, isolation, kept, encrypted }) => {
    // not every client goes on without encryption where a URL leaves that open
    const isOpen = target.tls === "prefer" || target.tls === "allow";
    const home: Target = isOpen && !encrypted ? { ...target, tls: "disable" } : target;
    return { unit: unitIn(home, name, isolation), home, isKept: kept };
  });
}

const isGone = ({ origin }: Target, error: unknown): boolean =>
  error instanceof TestDbError &&
  (error.code === "TARGET_INVALID" || (origin === "embedded" && /^SERVER_(UNREACHABLE|AUTH_FAILED)$/.test(error.code)));
