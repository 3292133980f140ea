/** What a server lets the library do: rights, limits, and how safe it keeps data that nobody needs. */
import type { Session } from "../connections/session.ts";
import { IS_CROWDED } from "../connections/waiting.ts";
import { ident, shellWord } from "../sql/identifiers.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { type Finding, note, ok, problem } from "./finding.ts";

interface Facts {
  readonly version: string;
  readonly superuser: boolean;
  readonly createdb: boolean;
  /** Of the role; -1 where it has none. */
  readonly limit: number;
  readonly connections: number;
  readonly crowded: boolean;
  /** Locks that all transactions together may hold. */
  readonly locks: number;
  readonly fsync: boolean;
  readonly encoding: string;
}

const FACTS = `
select current_setting('server_version') as version, r.rolsuper as superuser, r.rolcreatedb or r.rolsuper as createdb, r.rolconnlimit as "limit",
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0) as connections,
       ${IS_CROWDED} as crowded,
       current_setting('max_locks_per_transaction')::int
         * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as locks,
       current_setting('fsync')::boolean as fsync, pg_encoding_to_char(d.encoding) as encoding
  from pg_roles r, pg_database d where r.rolname = current_user and d.datname = current_database()`;

/** What a suite may want: its own client's connections, and one of ours. */
const CONNECTIONS_OF_A_SUITE = 4;

/**
 * @param session - in the database that was named
 * @param workers - how many suites may run at once
 * @param relations - about how many tables, indexes and sequences the migrations make
 */
export async function checkServer(session: Session, workers: number, relations: number): Promise<Finding[]> {
  const [facts] = await session.rows<Facts & Record<string, unknown>>(FACTS);
  if (!facts) return [note("The server says nothing of this user")];
  const { target } = session;
  return [
    ok(`PostgreSQL ${facts.version.split(" ")[0]} at ${describeTarget(target)}`),
    ...checkRights(target, facts),
    ...checkConnections(target, facts, workers),
    ...checkLocks(target, facts, relations),
    ...checkDurability(target, facts),
    ...checkEncoding(target, facts),
  ];
}

/** A line that somebody types who may: what is for superusers is typed by the first of them. */
const psql = ({ host, port, user, database }: Target, isSuperuser: boolean, ...commands: readonly string[]): string =>
  [
    ...["psql", "-h", shellWord(host), "-p", String(port), "-U", isSuperuser ? shellWord(user) : "postgres"],
    ...["-d", shellWord(database), ...commands.flatMap((command) => ["-c", shellWord(command)])],
  ].join(" ");

function checkRights(target: Target, { superuser, createdb }: Facts): Finding[] {
  const { user } = target;
  if (!createdb)
    return [
      problem(`The user ${user} may not create databases`, {
        why: "units live in databases of our own, so that nothing is written into yours",
        next: psql(target, false, `alter role ${ident(user)} createdb`),
      }),
    ];
  if (superuser || target.origin === "embedded") return [ok(`${user} may create databases, and is a superuser`)];
  return [
    ok(`${user} may create databases`),
    note(
      `${user} is no superuser: no schema is used twice, and extensions that only a superuser may create are missing`,
      {
        why: "what changes a schema is noticed by event triggers, which only a superuser may make",
        next: `on a server that is for tests alone: ${psql(target, false, `alter role ${ident(user)} superuser`)}`,
      },
    ),
  ];
}

function checkConnections(target: Target, facts: Facts, workers: number): Finding[] {
  const { connections, limit, superuser, crowded } = facts;
  const most = limit >= 0 && !superuser ? Math.min(limit, connections) : connections;
  const raise =
    limit >= 0 && most === limit
      ? `alter role ${ident(target.user)} connection limit -1`
      : "alter system set max_connections = 300";
  const next = psql(target, superuser, raise) + (raise.startsWith("alter system") ? "; and restart that server" : "");
  if (crowded) return [note(`Nine tenths of the ${most} connections are in use: suites may have to wait`, { next })];
  if (most >= workers * CONNECTIONS_OF_A_SUITE) return [ok(`${most} connections`)];
  return [note(`${most} connections are few for ${workers} suites at once: some may have to wait`, { next })];
}

/** To make a schema takes a lock for each relation, all in one transaction. */
function checkLocks(target: Target, { locks, superuser }: Facts, relations: number): Finding[] {
  if (relations * 2 <= locks) return [];
  return [
    note(`The server has room for ${locks} locks, and a schema of these migrations takes about ${relations}`, {
      why: "a unit that is made, reset or dropped is locked whole",
      next: `${psql(target, superuser, "alter system set max_locks_per_transaction = 256")}; and restart that server`,
    }),
  ];
}

function checkDurability(target: Target, { fsync, superuser }: Facts): Finding[] {
  if (!fsync) return [ok("durability is off, as it may be for tests")];
  const off = ["fsync", "synchronous_commit", "full_page_writes"].map((name) => `alter system set ${name} = off`);
  return [
    note("fsync is on: databases are made and dropped slower, since the server waits for the disk", {
      next: `on a server that is for tests alone: ${psql(target, superuser, ...off, "select pg_reload_conf()")}`,
    }),
  ];
}

function checkEncoding(target: Target, { encoding }: Facts): Finding[] {
  if (encoding === "UTF8") return [];
  return [
    note(`The database ${target.database} has the encoding ${encoding}, and homes have the same`, {
      why: "a production database most likely has UTF8, which takes every letter",
      next: `name a database that has it; to make one: ${psql(target, true, "create database test encoding 'UTF8' template template0")}`,
    }),
  ];
}
