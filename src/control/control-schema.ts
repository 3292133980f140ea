/**
 * The control schema, `with_test_db`: what we own in a database, and the functions that make and drop it. A unit's
 * record and its schema come and go in one transaction, so neither is ever there without the other.
 */

import { inLock } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { ident, literal, shellWord } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget } from "../target/target.ts";
import { CONTROL_FORMAT } from "./control-format.ts";

/**
 * Makes the control schema where it is missing, or another version's that is not in use. Costs one query where it is there.
 *
 * @throws TestDbError `PRIVILEGE_MISSING`, `CONTROL_SCHEMA_INVALID`
 */
export async function ensureControlSchema(session: Session): Promise<void> {
  try {
    if ((await findFormat(session)) === CONTROL_FORMAT) return;
    await inLock(session, "control schema", async () => {
      const found = await findFormat(session);
      if (found === CONTROL_FORMAT) return;
      if (found !== undefined) await (await import("./handover.ts")).takeOver(session);
      const { CONTROL_DDL } = await import("./control-ddl.ts");
      await session.script(`${CONTROL_DDL}
        insert into with_test_db.format
          select ${literal(CONTROL_FORMAT)}, current_setting('server_version_num'), with_test_db.built_in_types();`);
    });
  } catch (error) {
    throw error instanceof TestDbError ? error : await controlError(session, error);
  }
}

/** Undefined where there is none. */
async function findFormat(session: Session): Promise<string | undefined> {
  try {
    const [row] = await session.rows<{ version: string }>("select version::text from with_test_db.format");
    return row?.version ?? "";
  } catch (error) {
    const code = postgresError(error)?.code;
    if (code === SQLSTATE.undefinedTable || code === SQLSTATE.schemaDoesNotExist) return undefined;
    throw error;
  }
}

async function controlError(session: Session, error: unknown): Promise<unknown> {
  const refused = postgresError(error);
  // lost, crowded or locked out: that says nothing of the schema
  if (!refused || /^(08|53|55|57)/.test(refused.code)) return error;
  const { target } = session;
  if (refused.code === SQLSTATE.insufficientPrivilege) {
    const what = `The user ${target.user} may not make or use the schema with_test_db in ${describeTarget(target)}`;
    return failure("PRIVILEGE_MISSING", { what, next: await privilegeRemedy(session) }, error);
  }
  const what = `The schema with_test_db in ${describeTarget(target)} is not as we left it`;
  const next = "drop schema with_test_db cascade; once no suite is running";
  return failure("CONTROL_SCHEMA_INVALID", { what, next }, error);
}

/** Units are renamed and dropped by whoever leases them, which only their owner may: no right on the schema is enough. */
async function privilegeRemedy({ target, rows }: Session): Promise<string> {
  const [schema] = await rows<{ owner: string }>(
    "select pg_get_userbyid(nspowner)::text as owner from pg_namespace where nspname = 'with_test_db'",
  );
  if (schema && schema.owner !== target.user)
    return `connect as ${schema.owner}, who owns that schema; or use another database`;
  return `psql -c ${shellWord(`grant create on database ${ident(target.database)} to ${ident(target.user)}`)}`;
}
