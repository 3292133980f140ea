/** The SQLSTATEs that are acted on, and the Postgres error inside what a driver or Drizzle threw. */

export const SQLSTATE = {
  unsafeNewEnumValue: "55P04",
  activeTransaction: "25001",
  inFailedTransaction: "25P02",
  insufficientPrivilege: "42501",
  invalidParameterValue: "22023",
  invalidPassword: "28P01",
  invalidAuthorization: "28000",
  databaseDoesNotExist: "3D000",
  schemaDoesNotExist: "3F000",
  undefinedTable: "42P01",
  undefinedColumn: "42703",
  undefinedObject: "42704",
  duplicateObject: "42710",
  uniqueViolation: "23505",
  foreignKeyViolation: "23503",
  undefinedFunction: "42883",
  objectInUse: "55006",
  notInPrerequisiteState: "55000",
  lockNotAvailable: "55P03",
  outOfMemory: "53200",
  tooManyConnections: "53300",
  protocolViolation: "08P01",
} as const;

/** The fields that both drivers carry. */
export interface PostgresError extends Error {
  readonly code: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
}

/** The Postgres error in `error` or its causes; Drizzle wraps the driver's in a `DrizzleQueryError`. */
export function postgresError(error: unknown): PostgresError | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 8; e = e.cause, depth++) {
    const { code } = e as Partial<PostgresError>;
    // a system's error has a code too, and EPIPE or EPERM looks like Postgres'
    if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !("syscall" in e)) return e as PostgresError;
  }
  return undefined;
}

/** Postgres' own words: message, detail and hint. */
export function postgresWords({ message, code, detail, hint }: PostgresError): string {
  return [`${message} (SQLSTATE ${code})`, detail && `detail: ${detail}`, hint && `hint: ${hint}`]
    .filter(Boolean)
    .join("\n");
}

const LOST =
  /^(CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH|0800\d|57P0[123])$/;

/** Whether an error says that the connection is gone, or the server with it. */
export function isConnectionLost(error: unknown): boolean {
  for (let e = error, depth = 0; e instanceof Error && depth < 8; e = e.cause, depth++) {
    if (LOST.test(String((e as { code?: unknown }).code))) return true;
  }
  return false;
}

/** Whether the server, the connection or the whole database is gone, and with it all that there was to do. */
export const isAllGone = (error: unknown): boolean =>
  isConnectionLost(error) || postgresError(error)?.code === SQLSTATE.databaseDoesNotExist;

/** Cleaning up after a failure: a lost connection must not be reported in the failure's place. */
export const unlessLost = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => {
    if (!isConnectionLost(error)) throw error;
  });
