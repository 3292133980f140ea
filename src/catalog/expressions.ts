/** Expressions of the catalog's SQL. Nothing that comes from a user enters here: names are constants, values are parameters. */

/** The first OID of anything that a user made. */
export const FIRST_USER_OID = 16384;

/** Whether a catalog has a row of which a condition is true; of a user's, if no other is given. */
export const exists = (catalog: string, rows = `oid >= ${FIRST_USER_OID}`): string =>
  `exists (select from ${catalog} where ${rows})`;

/** Whether a catalog has any row: for those that are empty until a user puts something there. */
export const existsAny = (catalog: string): string => exists(catalog, "true");

/** A definition as JSON text, its keys in a stable order; what is NULL is left out. */
export const json = (fields: Readonly<Record<string, string>>): string =>
  `jsonb_strip_nulls(jsonb_build_object(${Object.entries(fields)
    .map(([key, value]) => `'${key}', ${value}`)
    .join(", ")}))::text`;

/** NULL unless true, so that the ordinary case takes no room. */
export const flag = (expression: string): string => `nullif(${expression}, false)`;

export const role = (oid: string): string => `pg_get_userbyid(${oid})`;

export const tablespace = (oid: string): string => `(select spcname from pg_tablespace where oid = ${oid})`;

export const comment = (catalog: string, oid: string, column = "0"): string =>
  `(select description from pg_description where classoid = '${catalog}'::regclass and objoid = ${oid} and objsubid = ${column})`;

/** Rows of a catalog, `x`, that are no members of extensions. */
export const notMembers = (catalog: string): string => `${catalog} x where not ${isMember(catalog, "x.oid")}`;

/** Whether an object is a member of an extension. */
export const isMember = (catalog: string, oid: string): string =>
  `exists (select from pg_depend where classid = '${catalog}'::regclass and objid = ${oid} and deptype = 'e')`;

/** Options such as `{fillfactor=70}`, sorted: their order means nothing. */
export const options = (array: string): string =>
  `(select jsonb_agg(o order by o collate "C") from unnest(${array}) o where o not like 'pg\\_attver=%')`;

/**
 * Grants, sorted; the owner is called so, since who owns is compared by itself. NULL where they are what an object
 * gets when nothing was granted, however that is stored.
 */
export const grants = (acl: string, type: string, owner: string): string =>
  `case when ${acl} is not null then nullif(${exploded(acl, owner)}, ${exploded(`acldefault(${type}, ${owner})`, owner)}) end`;

export const exploded = (acl: string, owner: string, except = "false"): string =>
  `(select coalesce(jsonb_agg(entry order by entry collate "C"), '[]') from (
    select case ace.grantee when ${owner} then '(owner)' when 0 then 'PUBLIC' else quote_ident(${role("ace.grantee")}) end
      || '=' || ace.privilege_type
      || case when ace.is_grantable and ace.grantee <> ${owner} then '*' else '' end
      || case when ace.grantor <> ${owner} then ' by ' || quote_ident(${role("ace.grantor")}) else '' end as entry
    from aclexplode(${acl}) ace where not (${except})) entries)`;

/** A function's name with its arguments, or NULL for none. */
export const routine = (oid: string): string => `(nullif(${oid}::oid, 0)::regprocedure)::text`;

/** A name with its schema, for what has no `reg…` type. */
export const placed = (namespace: string, name: string): string =>
  `(${namespace}::regnamespace)::text || '.' || quote_ident(${name})`;

/** `users.email`: the quoted name of a part, after that of what it is a part of. */
export const partName = (whole: string, part: string): string => `quote_ident(${whole}) || '.' || quote_ident(${part})`;
