/** A database as a restored snapshot is: with migrations that ran there, and with rows. Nobody is connected to it. */
import { inSession, openSession } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { ident, qualified } from "../../src/sql/identifiers.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { testTarget } from "./target.ts";

export interface Snapshot {
  readonly target: Target;
  readonly url: string;
  /** All that is in it: rows, objects, and the files that these are in. */
  digest(): Promise<unknown>;
  drop(): Promise<void>;
}

/** Journals of both lines of drizzle-orm, in which one migration was run, of the moment that `journalFolder()` gives the first. */
export const JOURNAL = `
  create schema drizzle;
  create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
  insert into drizzle.__drizzle_migrations (hash, created_at) values ('first', 1700000000000);`;

export async function makeSnapshot(name: string, script: string): Promise<Snapshot> {
  const server = await openSession(await testTarget());
  const target = onDatabase(server.target, name);
  await server.script(`create database ${ident(name)}`);
  await inSession(target, (session) => session.script(`set search_path = public; ${script}`));
  return {
    target,
    url: targetUrl(target),
    digest: () =>
      inSession(target, async (session) => {
        const objects = await session.rows<{ schema: string; name: string; kind: string }>(
          `select n.nspname as schema, c.relname as name, c.relkind as kind, c.oid, c.relfilenode
             from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by c.oid`,
        );
        const rows = [];
        for (const { schema, name } of objects.filter(({ kind }) => kind === "r")) {
          const text = "md5(string_agg(t::text, ',' order by t::text)) as rows";
          rows.push(...(await session.rows(`select ${text} from ${qualified(schema, name)} t`)));
        }
        return {
          objects,
          rows,
          settings: await session.rows(
            "select setrole, setconfig from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database()) order by 1",
          ),
        };
      }),
    async drop() {
      await dropDatabase(server, name);
      await server.close();
    },
  };
}

/** Databases of rehearsals on the server, and sessions of theirs. */
export const rehearsals = async (target: Target): Promise<string[]> =>
  inSession(target, async (session) => {
    const found = await session.rows<{ name: string }>(
      `select datname as name from pg_database where datname like 'it\\_rehearsal\\_%'
       union all select application_name from pg_stat_activity where application_name like 'it\\_rehearsal\\_%'`,
    );
    return found.map(({ name }) => name);
  });
