/**
 * Leases a schema with the first query of the user's own client. The name is chosen before, so that it can travel in the
 * startup packet; the query gives a schema that name. A process that needs one unit needs no other connection.
 */
import { createdExtensions } from "../blueprint/extensions.ts";
import { connectError } from "../connections/connect-error.ts";
import { assertSameProcess, poolerError } from "../connections/pooler.ts";
import { unlessNotPostgres } from "../connections/probe.ts";
import { withSecondChance } from "../connections/second-chance.ts";
import { whenThereIsRoom } from "../connections/waiting.ts";
import type { Control } from "../control/control.ts";
import { EXTENSION_SCHEMA } from "../control/extension-schema.ts";
import type { Answer, Connection, Driver } from "../drivers/driver.ts";
import { TestDbError } from "../errors.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { anotherName } from "../options.ts";
import { literal } from "../sql/identifiers.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { dropSchema } from "./drop-schema.ts";
import { isLeased, type Lease, leaseQuery, readLease } from "./lease-query.ts";
import { type OpenUnit, schemaUnit, type Unit } from "./unit.ts";
import { unitFailure } from "./unit-failure.ts";

export interface LeaseRequest<C> {
  readonly target: Target;
  readonly control: Control;
  readonly recipeKey: string;
  readonly migrations: Migrations;
  readonly driver: Driver<C>;
  readonly options: { readonly unitName: string; readonly reuse: boolean; readonly deadline: number };
}

/** Failures that say that nothing of ours is there yet, or not for this user. */
const NOT_THERE: readonly string[] = [
  SQLSTATE.schemaDoesNotExist,
  SQLSTATE.undefinedFunction,
  SQLSTATE.undefinedTable,
  SQLSTATE.undefinedColumn,
  SQLSTATE.insufficientPrivilege,
];

/** A schema with a connection to it; undefined where there is no blueprint, or none that a schema can hold. */
export async function leaseSchema<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  try {
    return await withSecondChance(request.target, (target) => leaseWithClient({ ...request, target }));
  } catch (error) {
    if (!maySucceedWithSession(error)) throw error;
    return leaseWithSession(underAnotherName(request));
  }
}

async function leaseWithClient<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  const { target, options, migrations } = request;
  const expected = createdExtensions(migrations).size > 0 ? [EXTENSION_SCHEMA] : [];
  const unit = schemaUnit(options.unitName, target, expected);
  let connection: Connection<C> | undefined;
  try {
    const first = await connectAndAsk(request, unit, leaseQuery(request));
    connection = first.connection;
    const lease = readLease(first.answer.value as string);
    if (isLeased(lease)) {
      assertSameProcess(target, lease.pid, first.answer.told);
      if (schemaUnit(unit.name, target, lease.path).settings["search_path"] === unit.settings["search_path"]) {
        assertAt(unit, lease.at);
        return handOut(request, unit, connection, lease);
      }
    }
    // a build needs connections itself
    await connection.close();
    return isLeased(lease) ? await connectTo(request, lease) : undefined;
  } catch (error) {
    if (error instanceof TestDbError && error.code === "SERVER_POOLED") await giveBack(connection, unit);
    await connection?.close().catch(() => {});
    const refused = postgresError(error);
    if (error instanceof TestDbError || !refused) throw connectError(target, error);
    if (NOT_THERE.includes(refused.code)) return undefined;
    throw isLoginRefused(refused.code) ? connectError(target, error) : error;
  }
}

/** Leases with a session of ours, which no defaults of a role get in the way of, and connects afterwards. */
async function leaseWithSession<C>(request: LeaseRequest<C>): Promise<OpenUnit<C> | undefined> {
  const session = await request.control.session();
  const { target } = session;
  try {
    const [row] = await session.rows<{ answer: string }>(leaseQuery(request));
    const lease = readLease(row?.answer as string);
    return isLeased(lease) ? await connectTo({ ...request, target }, lease) : undefined;
  } catch (error) {
    const what = `The schema ${request.options.unitName} could not be made in ${describeTarget(target)}`;
    throw unitFailure(what, target, error);
  }
}

/** Connects to a unit that was leased, and makes sure that the connection is in it. */
async function connectTo<C>(request: LeaseRequest<C>, lease: Lease): Promise<OpenUnit<C>> {
  const { target, options, control } = request;
  const unit = schemaUnit(options.unitName, target, lease.path);
  let connection: Connection<C> | undefined;
  try {
    const first = await connectAndAsk(request, unit, "select pg_catalog.current_schema()");
    connection = first.connection;
    assertAt(unit, first.answer.value);
    return handOut(request, unit, connection, lease);
  } catch (error) {
    await connection?.close().catch(() => {});
    // should that fail, too, the record stays for a sweep
    await control
      .session()
      .then((session) => dropSchema(session, unit.name))
      .catch(() => {});
    throw connectError(target, error);
  }
}

/** A client for a unit, and the answer to its first query, with which it connects. */
async function connectAndAsk<C>(
  { target, driver, options }: LeaseRequest<C>,
  { settings }: Unit,
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

function handOut<C>({ control }: LeaseRequest<C>, unit: Unit, connection: Connection<C>, lease: Lease): OpenUnit<C> {
  connection.learnArrayTypes(lease.types);
  control.hold();
  return { unit, connection, sweepIsDue: lease.sweepIsDue };
}

/** How long a connection to a pooler gets to give back what it leased, in milliseconds. */
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
  request.control.inBackground(async (session) => void (await dropSchema(session, unitName)));
  return { ...request, options: { ...request.options, unitName: anotherName(unitName) } };
}
