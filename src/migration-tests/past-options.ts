/** Options of `withTestDb()`, as far as they make sense for a database of the past, which is always a database. */
import type { KnownOptions } from "../driver-options.ts";
import { TestDbError } from "../errors.ts";
import { type CommonOptions, type ResolvedOptions, resolveOptions } from "../options.ts";

const REFUSED: Readonly<Record<string, string>> = {
  schema:
    "the present schema types no database of the past: past.db.select().from(schema.users) names its tables without it",
  relations: "the present relations type no database of the past",
  isolation: "it is always a database: migrations name the schema public",
  seed: "rows of the past are inserted where they are needed: past.insert(…), past.db.execute(sql`…`)",
};

/**
 * @param call - for messages
 * @throws TestDbError `OPTION_INVALID`
 */
export function pastOptions<Client>(
  call: string,
  options: CommonOptions<Client> & { readonly client?: unknown },
  known: KnownOptions,
): ResolvedOptions<Client> {
  for (const [name, why] of Object.entries(REFUSED)) {
    if ((options as object | undefined)?.[name as keyof object] === undefined) continue;
    throw new TestDbError("OPTION_INVALID", { what: `${call} has no option ${name}`, why, next: `leave ${name} out` });
  }
  return resolveOptions({ ...options, isolation: "database" }, known);
}
