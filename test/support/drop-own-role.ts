/** Takes away what a suite with a role of its own made: the role's databases, and roles that are of the whole server. */
import { setTimeout as sleep } from "node:timers/promises";
import { openSession } from "../../src/connections/session.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { postgresError } from "../../src/sql/sqlstate.ts";
import type { OwnRole } from "./own-role.ts";
import { testTarget } from "./target.ts";

/** For hooks that drop databases, in milliseconds: each costs a checkpoint, which takes seconds where the disk is busy. */
export const DROPPING = 240_000;

/** Without a sweep, which looks into every home on the server. */
export async function dropOwnRole({ admin, target }: OwnRole, logins: readonly string[] = []): Promise<void> {
  await admin.close();
  const session = await openSession(await testTarget());
  const owners = [target.user, ...logins];
  const drop = async (): Promise<void> => {
    const databases = await session.rows<{ name: string }>(
      `select datname as name from pg_database join pg_roles r on r.oid = datdba
         join json_array_elements_text($1::text::json) owner on r.rolname = owner`,
      [JSON.stringify(owners)],
    );
    for (const { name } of databases) await session.script(`drop database if exists ${ident(name)} with (force)`);
    for (const owner of owners) await session.script(`drop role if exists ${ident(owner)}`);
  };
  // a database that is being made ahead of need is dropped once it is there
  for (let time = 1; ; time++) {
    try {
      await drop();
      break;
    } catch (error) {
      if (time === 5) throw error;
      await sleep(500);
    }
  }
  await session.close();
}

/** But for those that something else has come to use. */
export async function dropRoles(names: readonly string[]): Promise<void> {
  const session = await openSession(await testTarget());
  for (const name of names) {
    await session.script(`drop role if exists ${ident(name)}`).catch((error: unknown) => {
      if (postgresError(error)?.code !== "2BP01") throw error;
    });
  }
  await session.close();
}
