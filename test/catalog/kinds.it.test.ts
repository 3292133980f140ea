import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KINDS } from "../../src/catalog/kinds.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { testTarget } from "../support/target.ts";

/** Catalogs whose rows are no objects and no parts of any. */
const NO_OBJECTS: Readonly<Record<string, string>> = {
  pg_init_privs: "what an extension granted when it was made",
  pg_largeobject: "the pages of large objects",
  pg_replication_origin: "the progress of replication",
  pg_shdepend: "the roles that objects name, which are compared as owners and grants",
  pg_shdescription: "comments on databases and roles, which are fields of those",
  pg_shseclabel: "labels of databases and roles",
  pg_statistic: "what ANALYZE found",
  pg_statistic_ext_data: "what ANALYZE found",
  pg_subscription_rel: "the progress of replication",
};

describe("the list of kinds, beside the server's catalogs", () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession(await testTarget());
  });
  afterAll(() => session.close());

  /** `pg_proc.pronamespace → pg_namespace` for each column of a catalog that refers to another. */
  const references = async (): Promise<string[]> => {
    const rows = await session.rows<{ reference: string }>(
      `select fktable::text || '.' || unnest(fkcols) || ' → ' || pktable::text as reference from pg_get_catalog_foreign_keys()`,
    );
    return rows.map(({ reference }) => reference);
  };

  it("has every catalog that there is, but for those without objects", async () => {
    const rows = await session.rows<{ name: string }>(
      "select relname::text as name from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' order by 1",
    );
    const known = [...KINDS.map(({ catalog }) => catalog), ...Object.keys(NO_OBJECTS)];
    expect(known.sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  it("knows of every object where it is, by columns that the server has for that", async () => {
    const there = await references();
    for (const { catalog, place } of KINDS) {
      if ("schema" in place) expect(there).toContain(`${catalog}.${place.schema} → pg_namespace`);
      for (const [whole, column] of Object.entries("partOf" in place ? place.partOf : {})) {
        expect(there).toContain(`${catalog}.${column} → ${whole}`);
      }
    }
  });

  it("takes every object that is named with its schema for one that has a name there", async () => {
    // a name with a schema is unique in it, so there is an index on both
    const rows = await session.rows<{ catalog: string }>(
      `select distinct i.indrelid::regclass::text as catalog from pg_index i
         join pg_attribute n on n.attrelid = i.indrelid and n.attnum = any (i.indkey) and n.attname like '%namespace'
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey) and a.attname like '%name'
        where i.indisunique and i.indrelid::regclass::text like 'pg\\_%' order by 1`,
    );
    const named = KINDS.flatMap(({ catalog, place }) => ("schema" in place ? catalog : []));
    expect(named.sort()).toEqual(rows.map(({ catalog }) => catalog));
  });
});
