/** The drivers' conformance suite once more, under drizzle-orm 1.0, and what is different there. */
import { fileURLToPath } from "node:url";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { npmVersion } from "drizzle-orm/version";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "with-test-db";
import { withTestDb as withTestDbOnPg } from "with-test-db/pg";
import { conformance } from "../../../test/drivers/conformance.ts";
import { NODE_POSTGRES, POSTGRES_JS } from "../../../test/drivers/subjects.ts";
import { MIGRATIONS } from "../../../test/drivers/tables.ts";
import { folderPerMigration, journalFolder } from "../../../test/support/migrations.ts";
import { drizzle1 } from "./drizzle-1.ts";

const directory = fileURLToPath(new URL("..", import.meta.url));

describe.skipIf(!isIntegrationEnabled())(`drizzle-orm ${npmVersion}`, () => {
  describe("postgres.js", () => {
    conformance({
      ...POSTGRES_JS,
      ...drizzle1,
      declares: { ...POSTGRES_JS.declares, jsonBooleans: false },
      module: { specifier: "with-test-db", directory },
      withTestDb: withTestDb as never,
    });
  });

  describe("node-postgres", () => {
    conformance({
      ...NODE_POSTGRES,
      ...drizzle1,
      module: { specifier: "with-test-db/pg", directory },
      withTestDb: withTestDbOnPg as never,
    });
  });

  it.each([
    ["a schema", { schema: { duties: {} } }, "defineRelations(schema)"],
    ["casing", { drizzle: { casing: "snake_case" } }, "snakeCase.table"],
  ])("does not take %s: it would be ignored in silence", async (_, options, next) => {
    const migrationsFolder = folderPerMigration(MIGRATIONS);
    for (const call of [withTestDb, withTestDbOnPg as unknown as typeof withTestDb]) {
      await expect(call({ migrationsFolder, ...options } as never)).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining(next),
      });
    }
  });

  it("does not run a journal, and says which line does", async () => {
    await expect(withTestDb({ migrationsFolder: journalFolder(MIGRATIONS) })).rejects.toMatchObject({
      code: "MIGRATIONS_INVALID",
      message: expect.stringMatching(
        /meta\/_journal\.json, which drizzle-orm runs before 1\.0.*\n {2}next: npx drizzle-kit up/,
      ),
    });
  });

  it.each(["one transaction", "more than one"])(
    "finds nothing to do in a unit whose migrations were run in %s",
    async (transactions) => {
      const migrationsFolder = folderPerMigration({
        ...MIGRATIONS,
        ...(transactions === "more than one" && {
          "0002_enum": `ALTER TYPE "mood" ADD VALUE 'sleepy';`,
          "0003_default": `ALTER TABLE "owners" ALTER COLUMN "mood" SET DEFAULT 'sleepy';`,
          // the same text, once more: what was run is known by its name, not by its hash
          "0004_default": `ALTER TABLE "owners" ALTER COLUMN "mood" SET DEFAULT 'sleepy';`,
        }),
      });
      await withTestDbOnPg({ migrationsFolder, isolation: "database" }, async ({ db, client }) => {
        const journal = () =>
          client.query(
            "select name, hash, created_at, applied_at is null as unknown from drizzle.__drizzle_migrations order by id",
          );
        const { rows } = await journal();
        await migrate(db, { migrationsFolder });
        expect((await journal()).rows).toEqual(rows);
        expect(rows.map(({ name }) => name.slice(15))).toEqual(
          transactions === "more than one"
            ? ["0000_owners", "0001_cats", "0002_enum", "0003_default", "0004_default"]
            : ["0000_owners", "0001_cats"],
        );
      });
    },
  );
});
