/**
 * What a database consists of, as text that is the same for every clone of a template until somebody changes the clone.
 * Nothing is installed inside: a clone has to equal what the migrations made. A row that was written since is known by its
 * `xmin`, and one that is gone by the number of rows: a clone has its template's rows with their `xmin`.
 */
import { ident, literal } from "../sql/identifiers.ts";

/** Catalogs that are written without DDL, and hold nothing that a result depends on. */
export const NO_DDL: readonly string[] = ["pg_statistic", "pg_statistic_ext_data"];

/** Catalogs that are written by more than DDL, or hold rows that say nothing: what is counted of them, if anything. */
const SPECIAL: Readonly<Record<string, string | undefined>> = {
  // TRUNCATE and REINDEX write it
  pg_class: undefined,
  // ALTER SEQUENCE ... RESTART writes it
  pg_sequence: undefined,
  // the schema of a session's temporary tables outlives the session
  pg_namespace: "nspname !~ '^pg_(toast_)?temp_'",
};

/** The transaction before which all was written that belongs to the pristine database. */
export type Since = string;

/** Whether the row of a table is younger. What is frozen may bear any number of long ago, and have an age below zero. */
export const isNew = (since: Since): string =>
  `age(xmin) <= (select age(${literal(xid(since))}::xid)) and age(xmin) > -1000000`;

/** The last 32 bits, which a row bears. */
const xid = (since: Since): string => String(BigInt(since) % 2n ** 32n);

/** How many rows there are, and how many of them are new. */
export const counted = (from: string, since: Since): string =>
  `(select concat(count(*), '+', count(*) filter (where ${isNew(since)})) from ${from})`;

/** All in one query, since each has to be planned: what is new, and how many there are in all. */
export function catalogState(catalogs: readonly string[], since: Since): string {
  const sources = catalogs
    .filter((name) => !(name in SPECIAL) || SPECIAL[name])
    .map((name) => `select xmin from pg_catalog.${ident(name)}${SPECIAL[name] ? ` where ${SPECIAL[name]}` : ""}`);
  return `concat_ws(' ', ${counted(`(${sources.join(" union all ")}) rows`, since)}, ${relationState(since)},
    (select ${content("s.*")} from pg_sequence s))`;
}

/** The hash of a row is the sum of its columns' hashes with weights: without another hash, two rows could swap a value unseen. */
const content = (columns: string): string => `sum(hashint8extended(hash_record_extended(row(${columns}), 0), 0))`;

/** Users' relations by content; Postgres' own are left alone by TRUNCATE. */
const relationState = (since: Since): string => `(
  select concat_ws(' ', count(*), count(*) filter (where oid < '16384'::oid and ${isNew(since)}),
      ${content(RELATION)} filter (where oid >= '16384'::oid))
    from pg_class)`;

/** All but where and how large it is, and what VACUUM finds out. */
const RELATION = `oid, relname, relnamespace, reltype, reloftype, relowner, relam, reltablespace, reltoastrelid, relisshared,
        relpersistence, relkind, relnatts, relchecks, relrowsecurity, relforcerowsecurity, relispopulated, relreplident,
        relispartition, relrewrite, relacl, reloptions, relpartbound::text`;

/** What shared catalogs say of a database, `d`, beside its name. */
export const DATABASE_STATE = `concat_ws(' ', d.datdba, d.dattablespace, d.datcollversion,
    (select string_agg(concat_ws(' ', a.grantor, a.grantee, a.privilege_type, a.is_grantable), ','
              order by a.grantor, a.grantee, a.privilege_type collate "C")
       from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a),
    (select string_agg(concat_ws(' ', s.setrole, o), ',' order by s.setrole, o collate "C")
       from pg_db_role_setting s, unnest(s.setconfig) o where s.setdatabase = d.oid),
    (select count(*) from pg_shdepend where dbid = d.oid),
    (select string_agg(concat_ws(' ', l.provider, l.label), ',' order by l.provider collate "C")
       from pg_shseclabel l where l.classoid = '1262'::oid and l.objoid = d.oid),
    (select count(*) from pg_subscription where subdbid = d.oid),
    (select count(*) from pg_get_replication_slots() where datoid = d.oid))`;

/** The comment on a database, `d`: the mark of who holds it. */
export const COMMENT =
  "(select s.description from pg_shdescription s where s.classoid = '1262'::oid and s.objoid = d.oid)";
