import fc from "fast-check";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { arrayTypesTeacher } from "../../src/drivers/array-types.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";
import { testTarget } from "../support/target.ts";

const migrationsFolder = journalFolder({
  "0000_t": `CREATE TYPE "size" AS ENUM('s', 'm');--> statement-breakpoint
    CREATE DOMAIN "positive" AS integer CHECK (VALUE > 0);--> statement-breakpoint
    CREATE TABLE "t" ("id" serial PRIMARY KEY, "sizes" "size"[], "numbers" "positive"[], "made" text DEFAULT '${Date.now()}');`,
});

describe.skipIf(!isIntegrationEnabled())("array types", () => {
  describe("of a client that is told of them", () => {
    let told: Sql;
    let asking: Sql;
    beforeAll(async () => {
      const url = targetUrl(await testTarget());
      told = postgres(url, { max: 1, fetch_types: false });
      asking = postgres(url, { max: 1 });
      await asking`select 1`;
      const session = await openSession(await testTarget());
      const [row] = await session.rows<{ types: string }>(
        `select string_agg(t.oid || ':' || t.typarray, ' ') as types
           from pg_type t join pg_type a on a.oid = t.typarray where a.typcategory = 'A'`,
      );
      await session.close();
      arrayTypesTeacher(told)?.(row?.types ?? "");
    });
    afterAll(() => Promise.all([told.end(), asking.end()]));

    it("are those that it would have asked for", () => {
      const known = ({ options }: Sql): unknown => ({
        arrays: (options as unknown as { shared: { typeArrayMap: object } }).shared.typeArrayMap,
        parsers: Object.entries(options.parsers)
          .filter(([, parse]) => (parse as { array?: boolean } | undefined)?.array)
          .map(([oid]) => oid),
        serializers: Object.keys(options.serializers).sort(),
      });
      expect(Object.keys((known(asking) as { arrays: object }).arrays).length).toBeGreaterThan(50);
      expect(known(told)).toMatchObject(known(asking) as object);
    });

    it("are read and written as it would have", async () => {
      const texts = fc.array(fc.oneof(fc.string(), fc.constantFrom("NULL", "null", "", "a,b", '"', "\\", "{", "}")), {
        maxLength: 5,
      });
      await fc.assert(
        fc.asyncProperty(
          texts.map((list) => list.map((text) => text.replaceAll("\0", ""))),
          fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 4 }),
          async (words, numbers) => {
            const answers = await Promise.all(
              [told, asking].map(
                (sql) =>
                  sql`select ${words}::text[] as words, ${numbers}::int[] as numbers, array[${numbers}::int[]] as nested`,
              ),
            );
            expect([...(answers[0] ?? [])]).toEqual([...(answers[1] ?? [])]);
          },
        ),
        { numRuns: 100 },
      );
    });
  });

  it("are not told where postgres.js is not as it is known here", () => {
    expect(arrayTypesTeacher({ options: {} } as unknown as Sql)).toBeUndefined();
    expect(
      arrayTypesTeacher({ options: { parsers: {}, serializers: {}, shared: {} } } as unknown as Sql),
    ).toBeUndefined();
  });

  describe.each(["schema", "database"] as const)("of a unit that is a %s", (isolation) => {
    const expectKnown = async ({ client }: TestDb): Promise<void> => {
      await client`insert into t (sizes, numbers) values (${["s", "m"]}, ${[1, 2]})`;
      expect(await client`select sizes, numbers, array[1, 2] as plain from t order by id desc limit 1`).toEqual([
        // of a domain, postgres.js knows no more than that it is one
        { sizes: ["s", "m"], numbers: ["1", "2"], plain: [1, 2] },
      ]);
    };

    it("are known whether it is new or was used before, on every connection, and after reset() made it anew", async () => {
      for (let times = 0; times < 2; times++) {
        await withTestDb({ schema: {}, migrationsFolder, isolation }, async (testDb) => {
          await expectKnown(testDb);
          const seen = await Promise.all(
            [1, 2, 3].map(() => testDb.client`select sizes, pg_sleep(0.05)::text as slept from t`),
          );
          for (const [row] of seen) expect(row).toMatchObject({ sizes: ["s", "m"] });
        });
      }
      await withTestDb({ schema: {}, migrationsFolder, isolation, client: { max: 1 } }, async (testDb) => {
        await testDb.client`alter type size add value 'l'`;
        await testDb.reset();
        if (isolation === "schema") await expectKnown(testDb);
      });
    });

    it("are asked for by no client whose user said so", async () => {
      const client = { fetch_types: false, max: 1 };
      await withTestDb({ schema: {}, migrationsFolder, isolation, client }, async (testDb) => {
        expect(await testDb.client`select array[1, 2] as plain`).toEqual([{ plain: "{1,2}" }]);
      });
    });
  });

  it("need no query of the client's own, so that a reservation may open a connection", async () => {
    await withTestDb({ schema: {}, migrationsFolder, client: { max: 3 } }, async ({ client }) => {
      const reserved = await Promise.all([1, 2, 3].map(() => client.reserve()));
      const pids = await Promise.all(reserved.map((sql) => sql`select pg_backend_pid() as pid`));
      expect(new Set(pids.map(([row]) => row?.["pid"])).size).toBe(3);
      for (const { release } of reserved) release();
    });
  });
});
