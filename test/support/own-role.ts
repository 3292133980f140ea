/** A role of a test's own, on the server that the suites run on: nobody else has homes or units of it. */
import { vi } from "vitest";
import type { Session } from "../../src/connections/session.ts";
import { openSession } from "../../src/connections/session.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { databaseKey } from "../../src/migrations/fingerprint.ts";
import { ident, literal } from "../../src/sql/identifiers.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { SOON } from "./soon.ts";
import { testTarget } from "./target.ts";

export interface OwnRole {
  /** The role's own login, to the database that the suites name. */
  readonly target: Target;
  readonly url: string;
  /** As the suites' own user. */
  readonly admin: Session;
  /** Drops it with its homes. Nobody may have a unit of them. */
  drop(): Promise<void>;
}

/** @param rights - such as `createdb` */
export async function openOwnRole(name: string, rights: string = "createdb"): Promise<OwnRole> {
  const admin = await openSession(await testTarget());
  const password = `it's @ ${name}`;
  await admin.script(`create role ${ident(name)} login ${rights} password ${literal(password)}`);
  const target: Target = { ...admin.target, user: name, password, origin: "option url" };
  return {
    ...{ target, url: targetUrl(target), admin },
    async drop() {
      const session = await openSession(target);
      const homes = async (): Promise<number> => {
        await sweep(session, { minAge: 0, freeAge: 0, homeAge: 0, beside: databaseKey(target), secondLookAfter: 0 });
        const owned = "select from pg_database join pg_roles r on r.oid = datdba where r.rolname = $1::text";
        return (await admin.rows(owned, [name])).length;
      };
      // a sweep passes over a home in which a process is that has just ended
      await vi.waitUntil(async () => (await homes()) === 0, SOON);
      await session.close();
      await admin.script(`drop role ${ident(name)}`);
      await admin.close();
    },
  };
}
