import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../../src/index.ts";
import type { TableFacts } from "../../../src/prove/sql/facts.ts";
import { FACTS_QUERY } from "../../../src/prove/sql/facts.ts";
import { journalFolder } from "../../support/migrations.ts";
import { alterations } from "./altered.ts";
import { BLOG_DDL } from "./blog.ts";
import { BLOG_FACTS } from "./blog-facts.ts";
import { SELECTS, WRITES } from "./blog-queries.ts";
import { OF_DRIZZLE_1 } from "./drizzle-1-queries.ts";
import { OF_HAND } from "./hand-queries.ts";

const OF_DRIZZLE_0 = Object.entries({ ...SELECTS, ...WRITES }).map(
  ([name, query]) => [name, query.toSQL().sql] as const,
);
const QUERIES = [...OF_DRIZZLE_0, ...Object.entries(OF_DRIZZLE_1), ...Object.entries(OF_HAND)];

/** What Postgres does not take: nothing of it says anything about tests. */
const REFUSED: readonly string[] = [
  // a recursion is in no outer join
  "ancestors: rows of users (u) without a row of up were listed too",
];

describe.skipIf(!isIntegrationEnabled())("alterations, as Postgres sees them", () => {
  let testDb: TestDb;
  beforeAll(async () => {
    testDb = await withTestDb({ migrationsFolder: journalFolder({ "0000_blog": BLOG_DDL }) });
  });
  afterAll(() => testDb?.dispose());

  /** The types of a query's parameters, or why Postgres refuses it. */
  async function prepared(sql: string): Promise<string> {
    const { client } = testDb;
    try {
      await client.unsafe(`prepare altered as ${sql}`);
    } catch (error) {
      return String(error);
    }
    const [found] = await client.unsafe(
      "select parameter_types::text as types from pg_prepared_statements where name = 'altered'",
    );
    await client.unsafe("deallocate altered");
    return found?.["types"];
  }

  it("are made by what the catalog says", async () => {
    const [row] = await testDb.client.unsafe(FACTS_QUERY);
    const sorted = (facts: readonly TableFacts[]): unknown =>
      facts
        .map(({ keys, references, ...rest }) => ({
          ...rest,
          keys: keys.map((key) => [...key].sort().join()).sort(),
          references: references.map((each) => JSON.stringify([each.table, each.columns, each.referenced])).sort(),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    const ours = (JSON.parse(row?.["facts"]) as TableFacts[]).filter(({ name }) =>
      BLOG_FACTS.some((each) => each.name === name),
    );
    expect(sorted(ours)).toEqual(sorted(BLOG_FACTS));
  });

  it.each(QUERIES)("are taken, with parameters of the same types: %s", async (name, sql) => {
    const types = await prepared(sql);
    expect(types).toMatch(/^\{/);
    for (const { defect, sql: altered } of alterations(sql)) {
      if (REFUSED.includes(`${name}: ${defect}`)) expect(await prepared(altered)).toContain("Error");
      else expect([altered, await prepared(altered)]).toEqual([altered, types]);
    }
  });

  it("that Postgres refuses are all known", () => {
    const defects = QUERIES.flatMap(([name, sql]) => alterations(sql).map(({ defect }) => `${name}: ${defect}`));
    expect(REFUSED.filter((each) => !defects.includes(each))).toEqual([]);
  });
});
