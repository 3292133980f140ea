/** What Postgres does in the order in which things were made: a dump has them by name. */
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { postgresError } from "../../src/sql/sqlstate.ts";
import { journalFolder } from "../support/migrations.ts";

const made = Date.now();
const SQL = `
  CREATE TABLE "orgs" ("id" integer PRIMARY KEY, "made" text DEFAULT '${made}');--> statement-breakpoint
  CREATE TABLE "users" ("id" integer PRIMARY KEY, "z" text CONSTRAINT "z_unique" UNIQUE, "a" text, "org" integer, "boss" integer);--> statement-breakpoint
  CREATE UNIQUE INDEX "a_unique" ON "users" ("a");--> statement-breakpoint
  CREATE TABLE "members" ("id" integer, "org" integer, "first_org" integer);--> statement-breakpoint
  ALTER TABLE "members" ADD CONSTRAINT "z_members" FOREIGN KEY ("org") REFERENCES "orgs" ON DELETE cascade;--> statement-breakpoint
  ALTER TABLE "members" ADD CONSTRAINT "a_members" FOREIGN KEY ("first_org") REFERENCES "orgs" ON DELETE restrict;--> statement-breakpoint
  ALTER TABLE "users" ADD CONSTRAINT "z_org" FOREIGN KEY ("org") REFERENCES "orgs";--> statement-breakpoint
  ALTER TABLE "users" ADD CONSTRAINT "a_boss" FOREIGN KEY ("boss") REFERENCES "users";--> statement-breakpoint
  CREATE VIEW "counted" AS SELECT "users"."id", "users"."z", count(*) FROM "users" JOIN "orgs" ON true GROUP BY "users"."id";--> statement-breakpoint
  CREATE MATERIALIZED VIEW "stored" AS SELECT "users"."id", "users"."z", count(*) FROM "users" JOIN "orgs" ON true GROUP BY "users"."id";--> statement-breakpoint
  CREATE UNIQUE INDEX "y_stored" ON "stored" ("id");--> statement-breakpoint
  CREATE INDEX "b_stored" ON "stored" ("z");`;

describe.skipIf(!isIntegrationEnabled())("what was made in another order than that of its names", () => {
  it.each(["schema", "database"] as const)(
    "is gone through in that order: indexes, and foreign keys (%s)",
    async (isolation) => {
      const testDb = await withTestDb({
        schema: {},
        migrationsFolder: journalFolder({ "0000_order": SQL }),
        isolation,
      });
      try {
        const failing = async (text: string): Promise<unknown> =>
          testDb.client.unsafe(text).then(
            () => "nothing",
            (error: unknown) => (postgresError(error) as { constraint_name?: string }).constraint_name,
          );
        await testDb.client`insert into orgs values (1)`;
        await testDb.client`insert into users values (1, 'z', 'a', 1, 1)`;
        expect(await failing("insert into users values (1, 'z', 'a')")).toBe("users_pkey");
        expect(await failing("insert into users values (2, 'z', 'a')")).toBe("z_unique");
        expect(await failing("insert into users values (2, 'y', 'b', 9, 9)")).toBe("z_org");
        await testDb.client`delete from users`;
        await testDb.client`insert into members values (1, 1, 1)`;
        expect(await failing("delete from orgs")).toBe("nothing");
        expect(await testDb.client`select id from members`).toEqual([]);
      } finally {
        await testDb.dispose();
      }
    },
  );

  it("is kept where views are grouped by a primary key, which a dump makes earlier than others", async () => {
    await withTestDb({ schema: {}, migrationsFolder: journalFolder({ "0000_order": SQL }) }, async (testDb) => {
      expect(testDb.isolation).toBe("schema");
      expect(await testDb.client`select count(*)::integer from counted`).toEqual([{ count: 0 }]);
      await testDb.client`refresh materialized view concurrently stored`;
    });
  });

  it("is a reason for a database where no replay can have that order: children of a table", async () => {
    const migrationsFolder = journalFolder({
      "0000_children": `CREATE TABLE "parents" ("n" integer DEFAULT ${made % 1_000_000});--> statement-breakpoint
        CREATE TABLE "z" () INHERITS ("parents");--> statement-breakpoint
        CREATE TABLE "a" () INHERITS ("parents");--> statement-breakpoint
        INSERT INTO "z" VALUES (1);--> statement-breakpoint
        INSERT INTO "a" VALUES (2);`,
    });
    const testDb = await withTestDb({ schema: {}, migrationsFolder });
    try {
      expect(testDb.isolation).toBe("database");
      expect(await testDb.client`select n from parents`).toEqual([{ n: 1 }, { n: 2 }]);
    } finally {
      await testDb.dispose();
    }
  });
});
