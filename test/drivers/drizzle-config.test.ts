import { describe, expect, it } from "vitest";
import { drizzleConfig } from "../../src/drivers/drizzle-config.ts";
import { withTestDb } from "../../src/index.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { withTestDb as withPgTestDb } from "../../src/pg.ts";
import { folderPerMigration, journalFolder } from "../support/migrations.ts";

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "it did not fail";
};

describe("what Drizzle is given", () => {
  it("is the schema on 0.45, and the relations on 1.0", () => {
    const [schema, relations, logger] = [{}, {}, true];
    expect(drizzleConfig({ schema, drizzle: { logger } }, "0.45.4")).toEqual({ schema, logger });
    expect(drizzleConfig({ relations, drizzle: { logger } }, "1.0.0-rc.5")).toEqual({ relations, logger });
    expect(drizzleConfig({}, "1.0.0-rc.5")).toEqual({ relations: undefined });
  });

  it("is never what the installed line would ignore", () => {
    expect(messageOf(() => drizzleConfig({ schema: { table: {} } }, "1.0.0-rc.5"))).toBe(
      [
        "drizzle-orm 1.0.0-rc.5, which is installed, does not take a schema.",
        "  why:  since 1.0 it types db.query by relations",
        '  next: import { defineRelations } from "drizzle-orm"; withTestDb({ relations: defineRelations(schema), migrationsFolder })',
        "  code: OPTION_INVALID",
      ].join("\n"),
    );
    expect(messageOf(() => drizzleConfig({ drizzle: { casing: "snake_case" } }, "1.0.0"))).toMatch(/OPTION_INVALID/);
    expect(messageOf(() => drizzleConfig({ schema: {}, relations: {} }, "0.45.4"))).toMatch(/OPTION_INVALID/);
  });

  it.each([
    ["postgres.js", withTestDb],
    ["node-postgres", withPgTestDb as never],
  ])("is looked at by the call itself: %s", async (_, call) => {
    const options = { relations: {}, migrationsFolder: "drizzle" };
    await expect(call(options as never)).rejects.toMatchObject({ code: "OPTION_INVALID" });
  });
});

describe("a migrations folder", () => {
  const sql = { "0000_t": "CREATE TABLE t (id integer)" };

  it("is run by the line of Drizzle whose layout it has", () => {
    expect(readMigrations(journalFolder(sql), "0.45.4").layout).toBe("journal");
    expect(readMigrations(folderPerMigration(sql), "1.0.0-rc.5").layout).toBe("folders");
  });

  it("of the other line is refused by name, with the line that is needed", () => {
    const folders = folderPerMigration(sql);
    expect(messageOf(() => readMigrations(folders, "0.45.4"))).toBe(
      [
        `drizzle-orm 0.45.4 does not run ${folders}.`,
        "  why:  each migration has a folder of its own, which drizzle-orm runs since 1.0; before, it wants meta/_journal.json",
        "  next: npm install drizzle-orm@^1.0.0-rc.1",
        "  code: MIGRATIONS_INVALID",
      ].join("\n"),
    );
    const journal = journalFolder(sql);
    expect(messageOf(() => readMigrations(journal, "1.0.0-rc.5"))).toBe(
      [
        `drizzle-orm 1.0.0-rc.5 does not run ${journal}.`,
        "  why:  it has meta/_journal.json, which drizzle-orm runs before 1.0; since then each migration has a folder of its own",
        "  next: npx drizzle-kit up, with drizzle-kit 1.0; or: npm install drizzle-orm@^0.45",
        "  code: MIGRATIONS_INVALID",
      ].join("\n"),
    );
  });
});
