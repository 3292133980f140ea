/** What the commands have in common that do something with one unit: how the unit is found from its name alone. */
import type { Command } from "commander";
import { isHeld } from "../connections/advisory-lock.ts";
import { inSession, type Session } from "../connections/session.ts";
import { partsOf, TestDbError } from "../errors.ts";
import { assertNotProduction } from "../guard/locality.ts";
import { IS_THERE, inHomes, KEPT_UNTIL } from "../janitor/homes.ts";
import { forgetKept, type KeptNote, readKept } from "../kept/kept-notes.ts";
import type { Isolation } from "../options.ts";
import type { Target } from "../target/target.ts";
import { type Unit, unitIn } from "../unit/unit.ts";
import { commandTarget, whyNoServer } from "./server-command.ts";

/** A unit in somebody's hands, or a kept one. */
export interface FoundUnit {
  readonly unit: Unit;
  readonly home: Target;
  /** Whether it was kept; also one that was to be kept, and whose test is gone. */
  readonly isKept: boolean;
}

export interface UnitFlags {
  readonly url?: string;
  readonly json?: boolean;
}

/** Adds a command that takes units' names, and `[arguments...]` where its synopsis has them. */
export const unitCommand = (program: Command, synopsis: string, json: string = "as JSON"): Command =>
  program
    .command(synopsis)
    .option("--url <url>", "the server (default: where the unit was kept, else as for status)")
    .option("--json", json);

/**
 * The unit of that name: where it was noted that it was kept, else on the server that the flags, the environment or the running
 * embedded server name.
 *
 * @throws TestDbError `UNIT_GONE`, with the names of the kept ones
 */
export async function findUnit(name: string, { url }: UnitFlags): Promise<FoundUnit> {
  assertNotProduction();
  const noted = url === undefined ? await whereNoted(name) : undefined;
  if (noted) return noted;
  const target = await commandTarget(url);
  const units = target ? await unitsOn(target) : [];
  const found = units.find(({ unit }) => unit.name === name);
  if (found) return found;
  const onServer = units.filter(({ isKept }) => isKept).map(({ unit }) => unit.name);
  const kept = [...new Set([...readKept().map((note) => note.name), ...onServer])];
  const nowhere = target ? undefined : await whyNoServer();
  throw new TestDbError("UNIT_GONE", {
    what: `There is no unit ${name}`,
    why:
      kept.length > 0
        ? ["these were kept:", ...kept].join("\n")
        : (nowhere?.why ?? "none was kept, or a sweep has dropped it"),
    next: kept.length > 0 ? "name one of these" : (nowhere?.next ?? "npx with-test-db status"),
  });
}

/**
 * All that were kept: on the server that was named; else those that were noted on this machine, wherever they are, and those on the
 * server that the environment names, or the running embedded one. The youngest note's is the last.
 */
export async function findKept({ url }: UnitFlags): Promise<readonly (FoundUnit | UnreachedUnit)[]> {
  assertNotProduction();
  const found = new Map<string, FoundUnit | UnreachedUnit>();
  for (const { name } of url === undefined ? readKept().reverse() : []) {
    try {
      const unit = await whereNoted(name);
      if (unit?.isKept) found.set(name, unit);
    } catch (error) {
      found.set(name, { name, error });
    }
  }
  const target = await commandTarget(url);
  for (const each of target ? await unitsOn(target) : [])
    if (each.isKept && !found.has(each.unit.name)) found.set(each.unit.name, each);
  return [...found.values()];
}

/** A unit that was noted, on a server that can't be reached. */
export interface UnreachedUnit {
  readonly name: string;
  readonly error: unknown;
}

async function whereNoted(name: string): Promise<FoundUnit | undefined> {
  for (const note of readKept(undefined, name)) {
    try {
      const [unit] = await inSession(note.home, (session) => readUnits(session, name), {}, 0);
      if (unit) return unit;
    } catch (error) {
      // an embedded server that has ended took its units along; another one may be away for a moment
      if (!isGone(note.home, error)) throw awayError(note, error);
    }
    forgetKept(name);
  }
  return undefined;
}

async function unitsOn(target: Target): Promise<readonly FoundUnit[]> {
  const units: FoundUnit[] = [];
  await inSession(target, (session) => inHomes(session, async (home) => void units.push(...(await readUnits(home)))));
  return units;
}

const IS_LEFT = `u.state = 'leased' and ${KEPT_UNTIL} is not null and not ${isHeld("u.holder")}
  and not exists (select from pg_stat_activity a where a.application_name = u.name)`;

/** The units of a home that are there, and are not in the pool. */
async function readUnits({ rows, target }: Session, name: string | null = null): Promise<FoundUnit[]> {
  const units = await rows<{ name: string; isolation: Isolation; kept: boolean; encrypted: boolean }>(
    `select u.name, u.isolation, u.state = 'kept' or ${IS_LEFT} as kept,
            exists (select from pg_stat_ssl s where s.pid = pg_backend_pid() and s.ssl) as encrypted
       from with_test_db.unit u
      where u.state in ('leased', 'kept') and u.name = coalesce($1::text, u.name) and ${IS_THERE}
      order by u.leased_at, u.name`,
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

/** What named the server when the unit was kept may name another one by now, or none. */
function awayError({ name, home }: KeptNote, error: unknown): unknown {
  if (!(error instanceof TestDbError)) return error;
  return new TestDbError(error.code, {
    what: `The unit ${name} was kept on ${home.host}:${home.port}, and cannot be reached there`,
    why: partsOf.get(error)?.why,
    next: "start that server again; or say where the unit is now: --url postgres://user@127.0.0.1:5432/test",
    cause: error,
  });
}
