/** Constraints that were added NOT VALID: whether the rows that are there keep them. */
import { AssertionError } from "node:assert";
import type { Session } from "../connections/session.ts";
import { causeWords } from "../sql/failure.ts";
import { ident, qualified } from "../sql/identifiers.ts";
import { isConnectionLost, postgresError } from "../sql/sqlstate.ts";

interface Unproven {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
}

/** SQL: what Postgres enforces for new rows, and has not looked at the others for. The column `conenforced` came with PostgreSQL 18. */
const UNPROVEN = `
  select k.conname as name, n.nspname as schema, c.relname as table
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
   where not k.convalidated and to_jsonb(k) ->> 'conenforced' is distinct from 'false' and k.conparentid = 0
     and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 2, 3, 1`;

/**
 * Nothing is changed: each is validated in a transaction that is undone.
 *
 * @param mayBreak - the names of constraints that rows may break for now
 * @throws AssertionError whose `actual` is Postgres' words by constraint
 */
export async function assertConstraintsHold(
  session: Session,
  migration: string,
  mayBreak: readonly string[],
): Promise<void> {
  const broken: Record<string, string> = {};
  for (const { name, schema, table } of await session.rows<Unproven & Record<string, unknown>>(UNPROVEN)) {
    if (mayBreak.includes(name)) continue;
    await session.script("begin");
    try {
      await session.script(`alter table ${qualified(schema, table)} validate constraint ${ident(name)}`);
    } catch (error) {
      if (!postgresError(error) || isConnectionLost(error)) throw error;
      broken[name] = causeWords(error).split("\n")[0] as string;
    }
    await session.script("rollback");
  }
  const names = Object.keys(broken);
  if (names.length === 0) return;
  throw new AssertionError({
    message: `After the migration ${migration}, rows break constraints: ${Object.values(broken).join("; ")}. Where that is meant for now: mayBreak: ${JSON.stringify(names)}`,
    expected: {},
    actual: broken,
    operator: "deepStrictEqual",
  });
}
