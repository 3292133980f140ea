/**
 * Leases a schema and connects to it, both at once. The name is chosen before, so that it can travel in the startup
 * packet. The first call of a process leases on the unit's own connection, before the client has it; later calls have the
 * control session for that, while the unit's connection logs in.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createdExtensions } from "../blueprint/extensions.ts";
import { connectError, type Session } from "../connections/session.ts";
import { somebodyWaits } from "../connections/waiting.ts";
import type { Control } from "../control/control.ts";
import { CONTROL_FORMAT } from "../control/control-schema.ts";
import { EXTENSION_SCHEMA } from "../control/names.ts";
import type { Connection, ConnectOptions, Driver } from "../drivers/driver.ts";
import { TestDbError } from "../errors.ts";
import type { Phases } from "../events.ts";
import type { Migrations } from "../migrations/read.ts";
import { anotherName } from "../options.ts";
import { STAINS } from "../postgres/traces.ts";
import type { ArrayTypes } from "../postgres/type-query.ts";
import type { Ask, Opening } from "../postgres/unit-socket.ts";
import { literal, withLiterals } from "../sql/identifiers.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target, TURN } from "../target/target.ts";
import { dropSchema } from "./drop-schema.ts";
import { unitFailure } from "./failure.ts";
import { fillPool } from "./pool.ts";
import { connectUnit, type OpenUnit, schemaUnit, type Unit } from "./unit.ts";

export interface LeaseRequest<C> {
  readonly target: Target;
  readonly control: Control;
  readonly recipeKey: string;
  readonly migrations: Migrations;
  readonly driver: Driver<C>;
  readonly options: { readonly unitName: string; readonly reuse: boolean };
}

/** How long a connection that is refused gets to give back what it leased, in milliseconds. */
const GIVEN_BACK = 2_000;

/** What the server answers. */
interface Leased {
  readonly how: "created" | "reused" | "unknown" | "refused";
  readonly path: readonly string[] | null;
  readonly at: string | null;
  /** The server's process that answered. */
  readonly pid: number | null;
  /** Its array types, if it was leased before; and Postgres' own, if they were asked for. */
  readonly types: ArrayTypes | null;
  readonly builtIn?: ArrayTypes;
  /** Whether nobody has looked for a while what others have left behind. */
  readonly sweepIsDue?: boolean;
}

const UNKNOWN: Leased = { how: "unknown", path: null, at: null, pid: null, types: null };

/** Failures that say that nothing of ours is there yet, or not for this user. */
const NOT_THERE = new Set<string>([
  SQLSTATE.schemaDoesNotExist,
  SQLSTATE.undefinedFunction,
  SQLSTATE.undefinedTable,
  SQLSTATE.undefinedColumn,
  SQLSTATE.insufficientPrivilege,
]);

/** A schema with a connection to it; undefined where there is no blueprint, or none that a schema can hold. */
export async function leaseSchemaUnit<C>(request: LeaseRequest<C>, phases: Phases): Promise<OpenUnit<C> | undefined> {
  const { control } = request;
  const open = await (control.now || request.target.pooler
    ? leaseBeside(request, control.now ?? (await control.ready))
    : leaseAtFirst(request));
  phases.end("lease");
  return open;
}

/** The user's connection has the defaults of its role; ours is proof against those, or says better why it can't be. */
async function leaseAtFirst<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  try {
    return await leaseWithin(request);
  } catch (error) {
    if (!(error instanceof TestDbError) || ["SERVER_POOLED", "SERVER_FULL"].includes(error.code)) throw error;
    const session = await request.control.ready;
    return leaseBeside(isConnectionLost(error) ? underAnotherName(request) : request, session);
  }
}

/** Leases on the unit's own connection: a process that needs one unit for a moment needs no other. */
async function leaseWithin<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  const unit = schemaUnit(request.options.unitName, request.target, pathOf(request));
  let leased: Leased | undefined;
  try {
    const connection = await connect(request, unit, async (ask, toldPid) => {
      leased = await lease(request, (query, values) => ask(withLiterals(query, values)), true);
      // somebody is in between: our own session finds out who, and what was leased goes the way it came
      if (isLeased(leased) && (leased.pid !== toldPid || (fits(leased, unit) && leased.at !== unit.name))) {
        const drop = (): unknown => ask(`select with_test_db.drop_unit(${literal(unit.name)})`);
        try {
          await request.control.ready;
          if (leased.at !== unit.name) throw pooled(request.target, unit.name, leased.at);
        } catch (error) {
          await Promise.race([drop(), sleep(GIVEN_BACK)]).catch(() => {});
          throw error;
        }
      }
      if (!fits(leased, unit)) throw new Misfit();
      return allTypes(leased.builtIn, leased.types);
    });
    return { unit, connection };
  } catch (error) {
    if (!leased) throw error;
    if (!(error instanceof Misfit)) throw isLeased(leased) ? await givenBack(request, error) : error;
    return isLeased(leased) ? connectTo(request, leased) : undefined;
  }
}

/**
 * Leases with the control session. Where its connection turns out to have been cut, perhaps long ago, it has another one
 * by now, and is asked again: for another name, since the first may have been leased before the answer was lost.
 */
async function leaseBeside<C>(request: LeaseRequest<C>, session: Session): Promise<OpenUnit<C> | undefined> {
  try {
    return await leaseAtOnce(request, session);
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    return leaseAtOnce(underAnotherName(request), session);
  }
}

/** For when an answer was lost: the unit may have been leased before, and is dropped then. */
function underAnotherName<C>(request: LeaseRequest<C>): LeaseRequest<C> {
  const { unitName } = request.options;
  request.control.inBackground(async (other) => void (await dropSchema(other, unitName)));
  return { ...request, options: { ...request.options, unitName: anotherName(unitName) } };
}

/** The session has everything in its caches, and the unit's connection logs in meanwhile. */
async function leaseAtOnce<C>(inquiry: LeaseRequest<C>, session: Session): Promise<OpenUnit<C> | undefined> {
  // how our own session got in at last, where there was more than one way
  const target: Target = { ...session.target, [TURN]: inquiry.target[TURN] };
  const request = { ...inquiry, target };
  const unit = schemaUnit(request.options.unitName, request.target, pathOf(request));
  const ask = async (query: string, values: readonly string[]): Promise<string | null> =>
    (await session.rows<{ answer: string | null }>(query, values))[0]?.answer ?? null;
  const leasing = lease(request, ask, !builtInTypes.has(session));
  // it may fail while nobody waits for it yet
  leasing.catch(() => {});
  try {
    const connection = await connect(request, unit, async (ask, _, wasUsed) => {
      const leased = await leasing;
      if (leased.builtIn !== undefined) builtInTypes.set(session, leased.builtIn);
      if (!fits(leased, unit)) throw new Misfit();
      // nobody in between takes the search_path off a connection that was given another one after its login
      if (!wasUsed) await assertAt(unit, ask);
      return allTypes(builtInTypes.get(session), leased.types);
    });
    return { unit, connection };
  } catch (error) {
    const leased = await leasing;
    if (!(error instanceof Misfit)) throw await givenBack(request, error);
    return isLeased(leased) ? connectTo(request, leased) : undefined;
  }
}

/** Connects to a unit that was leased, and makes sure that it is where it should be. */
async function connectTo<C>(request: LeaseRequest<C>, { path }: Leased): Promise<OpenUnit<C>> {
  const unit = schemaUnit(request.options.unitName, request.target, path ?? []);
  try {
    const connection = await connect(request, unit, async (ask) => {
      await assertAt(unit, ask);
      return undefined;
    });
    return { unit, connection };
  } catch (error) {
    throw await givenBack(request, error);
  }
}

/** Drops what was leased, since nobody can connect to it; should that fail, too, its record stays for a sweep. */
async function givenBack<C>({ control, options }: LeaseRequest<C>, error: unknown): Promise<unknown> {
  await control.ready.then((session) => dropSchema(session, options.unitName)).catch(() => {});
  return error;
}

async function connect<C>(
  { driver, target, control, recipeKey, migrations }: LeaseRequest<C>,
  unit: Unit,
  opening: Opening,
): Promise<Connection<C>> {
  const connection = await connectUnit(driver, unit, { ...whenIdle(control, recipeKey, migrations), opening });
  try {
    await orTrouble(connection.opened, control, target);
    return connection;
  } catch (error) {
    await connection.close().catch(() => {});
    throw error instanceof Misfit ? error : connectError(unit.target.pooler ?? unit.target, error);
  }
}

/** The connection turned out to be of no use: no unit was leased, or one that needs another search_path. */
class Misfit extends Error {}

/** The schemas of extensions that units of a recipe had after themselves, as far as this process knows. */
const paths = new Map<string, readonly string[]>();

/** What will probably follow the unit in its search_path, which has to be known before there is one. */
const pathOf = <C>({ recipeKey, migrations }: LeaseRequest<C>): readonly string[] =>
  paths.get(recipeKey) ?? (createdExtensions(migrations).size > 0 ? [EXTENSION_SCHEMA] : []);

const fits = (leased: Leased, unit: Unit): boolean =>
  isLeased(leased) &&
  schemaUnit(unit.name, unit.target, leased.path ?? []).settings["search_path"] === unit.settings["search_path"];

/** Undefined where nothing is known of the unit's own: of a new one. */
const allTypes = (builtIn: ArrayTypes | undefined, own: ArrayTypes | null): ArrayTypes | undefined =>
  builtIn && own !== null ? `${builtIn} ${own}`.trim() : undefined;

async function assertAt(unit: Unit, ask: Ask): Promise<void> {
  const at = await ask("select pg_catalog.current_schema()");
  if (at !== unit.name) throw pooled(unit.target.pooler ?? unit.target, unit.name, at);
}

/** Postgres' own types, which are the same as long as a session lasts. */
const builtInTypes = new WeakMap<Session, ArrayTypes>();

const isLeased = ({ how }: Leased): boolean => how === "created" || how === "reused";

const clean = new Map<string, boolean>();

/** What may become of a connection that is not used. */
export function whenIdle(control: Control, recipeKey: string, migrations: Migrations): ConnectOptions {
  const isClean = leavesSessionsClean(recipeKey, migrations);
  return { mayShelve: isClean, maySleep: isClean ? control.mayIdle : undefined };
}

/** Whether nothing that the migrations made, such as a trigger, can leave in a session what `DISCARD ALL` would not undo. */
function leavesSessionsClean(recipeKey: string, { list }: Migrations): boolean {
  const known = clean.get(recipeKey) ?? !list.some(({ text }) => STAINS.test(text));
  clean.set(recipeKey, known);
  return known;
}

const leaseQuery = (more: string): string => `
  select pg_catalog.json_build_object('how', l.how, 'path', l.extension_schemas, 'at', pg_catalog.current_schema(),
           'pid', pg_catalog.pg_backend_pid(), 'types', l.array_types${more})::text as answer
    from with_test_db.lease_unit($1::text, $2::text, $3::integer, $4::text::boolean) l
   where pg_catalog.current_database() = $5::text
     and (select version from with_test_db.format)::text = $6::text`;
/** Always the same text, so that a session prepares it once. */
const LEASE = leaseQuery("");
/** The first time it brings more along: Postgres' own types, which are written down unless the server was upgraded since. */
const FIRST_LEASE = leaseQuery(`,
           'builtIn', coalesce(
             (select f.built_in_types from with_test_db.format f where f.server = pg_catalog.current_setting('server_version_num')),
             with_test_db.built_in_types()),
           'sweepIsDue', (select s.last < pg_catalog.now() - interval '30 seconds' from with_test_db.sweep s)`);

/**
 * Asks for a lease, in one query.
 *
 * @param isFirst - whether this process has not asked before: it does not know Postgres' own types, and has no session
 *   that would have begun with a sweep
 */
async function lease<C>(
  request: LeaseRequest<C>,
  ask: (query: string, values: readonly string[]) => Promise<string | null>,
  isFirst: boolean,
): Promise<Leased> {
  const { target, recipeKey, control, options } = request;
  try {
    const answer = await ask(isFirst ? FIRST_LEASE : LEASE, [
      options.unitName,
      recipeKey,
      String(control.holder),
      String(options.reuse),
      target.database,
      CONTROL_FORMAT,
    ]);
    // nothing was done: this is another database, or another version's control schema; the control session says so
    if (answer === null) return UNKNOWN;
    const leased = JSON.parse(answer) as Leased;
    if (isLeased(leased)) {
      paths.set(recipeKey, leased.path ?? []);
      control.hold();
    }
    if (leased.how === "created" && options.reuse) fillPool(control, options.unitName);
    // a session of ours sweeps when it opens
    if (leased.sweepIsDue) control.inBackground(async () => {});
    return leased;
  } catch (error) {
    const refused = postgresError(error);
    if (refused && NOT_THERE.has(refused.code)) return UNKNOWN;
    if (!refused) throw connectError(target, error);
    throw unitFailure(`The schema ${options.unitName} could not be made in ${describeTarget(target)}`, target, error);
  }
}

/** After how many milliseconds a connection that is not there yet is a reason to look what is wrong. */
const PATIENCE = 300;

/**
 * Waits for a connection. Our own session knows when to give up, and why: it is asked if it takes long. Not while
 * somebody waits in line, where it would take one connection more.
 */
async function orTrouble(opened: Promise<void>, control: Control, target: Target): Promise<void> {
  let look: NodeJS.Timeout | undefined;
  const trouble = new Promise<never>((_, reject) => {
    const lookAfterAWhile = (): void => {
      look = setTimeout(() => {
        if (somebodyWaits(target)) lookAfterAWhile();
        else control.ready.catch(reject);
      }, PATIENCE);
    };
    lookAfterAWhile();
  });
  try {
    await Promise.race([opened, trouble]);
  } finally {
    clearTimeout(look);
  }
}

const pooled = (target: Target, name: string, at: string | null): TestDbError =>
  new TestDbError("SERVER_POOLED", {
    what: `A connection to ${name} ended up in the schema ${at ?? "(none)"}`,
    why: `a pooler at ${describeTarget(target)} drops the search_path that binds a connection to its unit`,
    next: "point TEST_DB_URL at the server itself, not at the pooler",
  });
