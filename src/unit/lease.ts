/**
 * Leases a unit with the first query of the user's own client. The name is chosen before, so that it can travel in the
 * startup packet; the query gives a schema that name. A process that needs one schema needs no other connection. Where units
 * turn out to be databases, the query names one, and the client for that is another; where that is known beforehand, a session
 * of ours leases, which is needed to give a database back.
 */
import { connectError } from "../connections/connect-error.ts";
import { assertSameProcess, isPoolerRefusal, poolerError } from "../connections/pooler.ts";
import { unlessNotPostgres } from "../connections/probe.ts";
import { withSecondChance } from "../connections/second-chance.ts";
import { whenThereIsRoom } from "../connections/waiting.ts";
import type { Control } from "../control/control.ts";
import type { Answer, Connection, Driver } from "../drivers/driver.ts";
import { TestDbError } from "../errors.ts";
import { anotherName, type Isolation } from "../options.ts";
import { literal } from "../sql/identifiers.ts";
import { isConnectionLost, type PostgresError, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { setTimeout } from "../timers.ts";
import { createDatabase } from "./database-unit.ts";
import { dropUnit } from "./drop-unit.ts";
import { heldBy } from "./held-by.ts";
import { ASSERT_OWN, type Lease, leaseQuery, readLease } from "./lease-query.ts";
import { databaseUnit, type OpenUnit, schemaUnit, type Unit } from "./unit.ts";
import { unitFailure } from "./unit-failure.ts";

export interface LeaseRequest<C> {
  /** The database in which the units live. */
  readonly home: Target;
  readonly control: Control;
  readonly driver: Driver<C>;
  /** Settings for every connection to the unit, beside its own. */
  readonly settings?: Unit["settings"] | undefined;
  readonly options: {
    readonly unitName: string;
    readonly reuse: boolean;
    readonly isolation: "auto" | Isolation;
    readonly deadline: number;
    readonly migrationsFolder: string;
    readonly testFile: string | undefined;
  };
}

/** The names of the homes of which this process last had a unit that is a database. */
const homesOfDatabases = new Set<string>();

/** Failures that say that the home is not there yet. */
const NOT_THERE: readonly string[] = [
  SQLSTATE.databaseDoesNotExist,
  SQLSTATE.schemaDoesNotExist,
  SQLSTATE.undefinedFunction,
  SQLSTATE.undefinedTable,
  SQLSTATE.undefinedColumn,
];

/**
 * Nobody can connect to a database either that was being dropped when the server crashed. A pooler has a code of its own for
 * databases that it does not know, and is found out when the named database is asked.
 */
const isNotThere = (refused: PostgresError): boolean =>
  NOT_THERE.includes(refused.code) ||
  (refused.code === SQLSTATE.notInPrerequisiteState && refused.severity === "FATAL") ||
  (refused.code === SQLSTATE.protocolViolation && !isPoolerRefusal(refused));

/** A unit with a connection to it; undefined where the home has to be built first. */
export async function leaseUnit<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  try {
    if (request.options.isolation === "database" || homesOfDatabases.has(request.home.database))
      return await leaseWithSession(request);
    return await withSecondChance(request.home, (home) => leaseWithClient({ ...request, home }));
  } catch (error) {
    if (!maySucceedWithSession(error)) throw error;
    return leaseWithSession(underAnotherName(request));
  }
}

async function leaseWithClient<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  const { home, options } = request;
  const unit = schemaUnit(options.unitName, home, request.settings);
  let connection: Connection<C> | undefined;
  let isLeased = false;
  try {
    const first = await connectAndAsk(request, unit, `${ASSERT_OWN};${leaseQuery(request)}`);
    connection = first.connection;
    const lease = readLease(first.answer.value);
    isLeased = lease?.how === "created" || lease?.how === "reused";
    if (lease) assertSameProcess(home, lease.pid, first.answer.told);
    if (lease && isLeased) {
      assertAt(unit, lease.at);
      return handOut(request, unit, connection, lease);
    }
    // a build needs connections itself
    await connection.close();
    return await follow(request, lease);
  } catch (error) {
    if (isLeased) await giveBack(connection, unit);
    await connection?.close().catch(() => {});
    const refused = postgresError(error);
    if (error instanceof TestDbError || !refused) throw connectError(home, error);
    if (isNotThere(refused)) return undefined;
    throw isLoginRefused(refused.code) ? connectError(home, error) : error;
  }
}

/** Leases with a session of ours, which no defaults of a role get in the way of, and connects afterwards. */
async function leaseWithSession<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  let isLeased = false;
  let home = request.home;
  try {
    const session = await request.control.session();
    home = session.target;
    const [row] = await session.rows<{ answer: string }>(leaseQuery(request));
    isLeased = true;
    return await follow({ ...request, home }, readLease(row?.answer));
  } catch (error) {
    const refused = postgresError(error);
    if (!isLeased && refused && isNotThere(refused)) {
      await request.control.abandon();
      return undefined;
    }
    throw unitFailure(`The unit ${request.options.unitName} could not be made in ${describeTarget(home)}`, home, error);
  }
}

/** Connects to what was leased; undefined where nothing could be. */
async function follow<C>(request: LeaseRequest<C>, lease: Lease | undefined): Promise<OpenUnit<C> | undefined> {
  const { home, control, options, settings } = request;
  if (lease === undefined) return undefined;
  switch (lease.how) {
    case "unknown":
      return undefined;
    case "refused":
      throw refusal(options.migrationsFolder, lease.reasons);
    case "none":
      await createDatabase(control, options.unitName, heldBy(options.testFile));
      return connectTo(request, databaseUnit(options.unitName, home, settings), lease);
    case "database":
      return connectTo(request, databaseUnit(options.unitName, home, settings), lease);
    default:
      return connectTo(request, schemaUnit(options.unitName, home, settings), lease);
  }
}

/** SQL: the array types of the whole database, as the driver would ask for them. */
export const ARRAY_TYPES: string = `(select pg_catalog.string_agg(t.oid || ':' || t.typarray, ' ')
    from pg_catalog.pg_type t join pg_catalog.pg_type a on a.oid = t.typarray where a.typcategory = 'A')`;

/** Connects to a unit that was leased, and makes sure that the connection is in it. */
async function connectTo<C>(request: LeaseRequest<C>, unit: Unit, lease: Lease): Promise<OpenUnit<C>> {
  const isSchema = unit.isolation === "schema";
  let connection: Connection<C> | undefined;
  try {
    const first = await connectAndAsk(
      request,
      unit,
      `select ${isSchema ? "pg_catalog.current_schema()" : ARRAY_TYPES}`,
    );
    connection = first.connection;
    if (isSchema) assertAt(unit, first.answer.value);
    return handOut(request, unit, connection, isSchema ? lease : { ...lease, types: first.answer.value ?? "" });
  } catch (error) {
    await connection?.close().catch(() => {});
    // should that fail, too, the record stays for a sweep
    await request.control
      .session()
      .then((session) => dropUnit(session, unit))
      .catch(() => {});
    throw connectError(unit.target, error);
  }
}

/** A client for a unit, and the answer to its first query, with which it connects. */
async function connectAndAsk<C>(
  { driver, options }: LeaseRequest<C>,
  { settings, target }: Unit,
  query: string,
): Promise<{ readonly connection: Connection<C>; readonly answer: Answer }> {
  let connection: Connection<C> | undefined;
  try {
    return await whenThereIsRoom(target, options.deadline, async () => {
      connection ??= await driver.connect(target, settings, { isToldTypes: true });
      return { connection, answer: await unlessNotPostgres(target, connection.ask(query)) };
    });
  } catch (error) {
    await connection?.close().catch(() => {});
    throw error;
  }
}

function handOut<C>(
  { control, home }: LeaseRequest<C>,
  unit: Unit,
  connection: Connection<C>,
  lease: Lease,
): OpenUnit<C> {
  const context = connection.context();
  connection.learnArrayTypes(lease.types);
  if (unit.isolation === "database") homesOfDatabases.add(home.database);
  else homesOfDatabases.delete(home.database);
  control.hold();
  return { unit, connection, context, reasons: lease.reasons, sweepIsDue: lease.sweepIsDue };
}

/** Why units are databases, in one line. */
export const reasonsInWords = (reasons: readonly string[]): string =>
  reasons.slice(0, 5).join("; ") + (reasons.length > 5 ? `; and ${reasons.length - 5} more` : "");

const refusal = (folder: string, reasons: readonly string[]): TestDbError =>
  new TestDbError("ISOLATION_REFUSED", {
    what: `A schema cannot hold exactly what ${folder} makes`,
    why: reasonsInWords(reasons),
    next: 'isolation: "auto", which takes a database of its own here',
  });

/** How long a connection gets to give back what it leased and is not handed out, in milliseconds. */
const GIVEN_BACK_WITHIN = 2_000;

async function giveBack(connection: Connection<unknown> | undefined, { name }: Unit): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, GIVEN_BACK_WITHIN).unref());
  await Promise.race([connection?.ask(`select with_test_db.drop_unit(${literal(name)})`).catch(() => {}), late]);
}

function assertAt({ name, target }: Unit, at: string | null): void {
  if (at !== name) throw poolerError(target, `a connection to ${name} ended up in the schema ${at ?? "(none)"}`);
}

const isLoginRefused = (code: string): boolean => /^(28|3D|57P|08P01)/.test(code);

/** Whether Postgres refused the lease for a reason that lies in the client's session, or the answer was lost on its way. */
function maySucceedWithSession(error: unknown): boolean {
  if (!(error instanceof TestDbError)) return postgresError(error) !== undefined;
  return error.code === "SERVER_UNREACHABLE" && isConnectionLost(error) && !isUnreachable(error.cause);
}

const isUnreachable = (cause: unknown): boolean =>
  /^(ECONNREFUSED|ETIMEDOUT|CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH|57P03)$/.test(
    String((cause as { code?: unknown } | undefined)?.code),
  );

/** For when the answer was lost: a unit may have been leased before, and is dropped then. */
function underAnotherName<C>(request: LeaseRequest<C>): LeaseRequest<C> {
  const { unitName } = request.options;
  request.control.inBackground(async (session) => {
    const [unit] = await session.rows<Pick<Unit, "name" | "isolation">>(
      "select name, isolation from with_test_db.unit where name = $1::text",
      [unitName],
    );
    if (unit) await dropUnit(session, unit);
  });
  return { ...request, options: { ...request.options, unitName: anotherName(unitName) } };
}
