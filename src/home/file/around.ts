/** What is in a home beside its origin, its units and its records: extensions, the journal, and what `prepare` made. */
import type { CatalogObject } from "../../catalog/read-catalog.ts";
import { readWhole } from "../../catalog/read-whole.ts";
import type { Session } from "../../connections/session.ts";
import { type CreationOrder, inCreationOrder, readCreationOrder } from "../../replay/creation-order.ts";
import { mended } from "../../replay/for-replay.ts";
import { tokenize } from "../../sql/lexer.ts";
import { type Statement, splitStatements } from "../../sql/statements.ts";
import { textOf } from "../../sql/tokens.ts";

const RECORDS = "with_test_db";

/** The schema, or one of the event triggers. */
const isOfRecords = (name: string): boolean => name === RECORDS || name.startsWith(`${RECORDS}_`);

/** Patterns of pg_dump's: our records, origins and units. */
export const OUR_SCHEMAS: readonly string[] = [RECORDS, "it_*"];

const isOurSchema = (name: string): boolean => name === RECORDS || name.startsWith("it_");

export const readAround = async (session: Session): Promise<CatalogObject[]> =>
  (await readWhole(session)).filter(({ schema, kind, name }) => {
    // whoever may connect to a home is its maker's to say
    if (kind === "database" || isOurSchema(schema)) return false;
    if (kind === "event trigger") return !isOfRecords(name);
    return !(kind === "trigger" && schema === "drizzle" && name.endsWith(`.${RECORDS}`));
  });

/** What pg_dump wrote for psql, fit for one transaction in an empty database. */
export const restorable = (dump: string, order: CreationOrder): string =>
  inCreationOrder(splitStatements(tokenize(dump)).filter(isContent), order)
    .flatMap((statement) => {
      const tokens = mended(statement);
      return tokens ? [`${textOf(tokens)};\n`] : [];
    })
    .join("");

/** Of all schemas of a database. */
export async function readOrders(session: Session): Promise<CreationOrder> {
  const schemas = await session.rows<{ name: string }>(
    "select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema')",
  );
  const orders: [string, number][] = [];
  for (const { name } of schemas.filter(({ name }) => !isOurSchema(name)))
    orders.push(...(await readCreationOrder(session, name)));
  return new Map(orders);
}

/** But for settings of psql's session, which are our own, and for what belongs to our records. */
function isContent({ words, tokens }: Statement): boolean {
  const [first, second, third] = words;
  if (first === undefined || words.some(isOfRecords)) return false;
  if (first === "set") return second === "default_tablespace" || second === "default_table_access_method";
  if (first === "select" && second === "pg_catalog" && third === "set_config") return false;
  // the comment that `public` is born with is none
  return !(first === "comment" && words[2] === "schema" && textOf(tokens).endsWith(" IS 'standard public schema'"));
}
