/** A connection for questions about the others of a unit: outside of all that the test itself has begun. */
import { literal } from "../sql/identifiers.ts";
import { ask } from "./ask.ts";

/** What is used of a `TestDb`, of either driver and either line of Drizzle. */
export interface ConnectableUnit<Db, Client> {
  readonly schemaName: string | null;
  readonly databaseName: string;
  connect(): Promise<{ readonly db: Db; readonly client: Client; close(): Promise<void> }>;
}

/** Asks for a JSON document, as text. */
export type AskJson = <Document>(query: string) => Promise<Document>;

export async function withUnitConnection<Client, Result>(
  unit: ConnectableUnit<unknown, Client>,
  use: (askJson: AskJson) => Promise<Result>,
): Promise<Result> {
  const { client, close } = await unit.connect();
  try {
    return await use(
      async <Document>(query: string) => JSON.parse((await ask(client as never, query)) ?? "null") as Document,
    );
  } finally {
    await close();
  }
}

/** Every connection of a unit is called as the unit is. */
export const unitName = ({ schemaName, databaseName }: ConnectableUnit<unknown, unknown>): string =>
  schemaName ?? databaseName;

/** Rows of pg_stat_activity that are connections of the unit: those of its clients, and of whoever took its URL. */
export const isOfUnit = (unit: ConnectableUnit<unknown, unknown>): string =>
  `a.datname = current_database() and a.application_name = ${literal(unitName(unit))} and a.pid <> pg_backend_pid()`;
