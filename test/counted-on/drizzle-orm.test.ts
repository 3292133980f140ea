/** What is counted on of drizzle-orm: docs/decisions/what-is-counted-on.md. Read in 0.45.4 and 1.0.0-rc.5. */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { folderPerMigration, journalFolder } from "../support/migrations.ts";
import { LINES } from "./drizzle-lines.ts";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

describe.each(LINES)("drizzle-orm $name", ({ name, installed, folder, core, migrator, orm, postgresJs, version }) => {
  it("says which version it is", () => {
    expect(version.npmVersion).toBe(installed);
  });

  it("cuts a migration at its marks only, leaves the parts as they are, and tells it by the hash of its bytes", () => {
    const text =
      "\ufeffselect 1;\r\n-->  statement-breakpoint\n--> statement-breakpoint\n\n select 2;--> statement-breakpoint";
    const [migration] = migrator.readMigrationFiles({ migrationsFolder: folder({ "0000_a": text }) });
    expect(migration).toMatchObject({
      sql: ["\ufeffselect 1;\r\n-->  statement-breakpoint\n", "\n\n select 2;", ""],
      hash: hashOf(text),
      folderMillis: name === "0.45" ? 1_700_000_000_000 : Date.UTC(2026, 0, 1),
    });
  });

  it("runs the layout of its own line, and no other", () => {
    const other = name === "0.45" ? folderPerMigration : journalFolder;
    const migrationsFolder = other({ "0000_a": "select 1" });
    expect(() => migrator.readMigrationFiles({ migrationsFolder })).toThrow(
      name === "0.45" ? /_journal\.json/ : /drizzle-kit up/,
    );
  });

  it("gives a column its table, and a table its name under a symbol", () => {
    const cats = core.pgTable("cats", { id: core.integer(), ownerId: core.integer("owner_id") });
    const { table } = cats.id as unknown as { readonly table: { readonly [name: symbol]: unknown } };
    expect(table).toBe(cats);
    expect(table[Symbol.for("drizzle:Name")]).toBe("cats");
    expect([cats.id, cats.ownerId].map(({ name, keyAsName }) => [name, keyAsName])).toEqual([
      ["id", true],
      ["owner_id", false],
    ]);
  });

  it("leaves a client's parsers of JSON, numbers and truth values as they are", () => {
    const [given, plain] = [postgres({}), postgres({})];
    postgresJs.drizzle({ client: given });
    const parsers = ({ options }: postgres.Sql) =>
      [16, 21, 23, 114, 700, 701, 3802].map((type) => options.parsers[type]);
    expect(parsers(given)).toEqual(parsers(plain));
  });

  it("has no valid statement for a row whose values are all generated, since 1.0", () => {
    const table = core.pgTable("t", { id: core.integer().primaryKey().generatedAlwaysAsIdentity() });
    const insert = postgresJs.drizzle.mock().insert(table);
    const named = 'insert into "t" ("id") values (default)';
    expect(insert.values({}).toSQL().sql).toBe(name === "0.45" ? named : 'insert into "t" () values ()');
    const overriding = postgresJs.drizzle.mock().insert(table).overridingSystemValue().values({}).toSQL().sql;
    expect(overriding.replace("overriding system value ", "")).toBe(named);
  });

  it("says of a column what is below an array, how deep it is, and in which form values are", () => {
    const custom = core.customType<{ data: string }>({ dataType: () => "text" });
    const columns = orm.getTableColumns(
      core.pgTable("t", {
        list: core.integer().array(),
        vector: core.vector({ dimensions: 3 }),
        custom: custom(),
        at: core.timestamp(),
        day: core.date(),
        big: core.bigint({ mode: "bigint" }),
        spot: core.point({ mode: "xy" }),
        pair: core.point(),
      }),
    ) as unknown as Record<string, { baseColumn?: object; dimensions?: number; columnType: string; dataType: string }>;
    const is0 = name === "0.45";
    expect(columns["list"]?.baseColumn).toEqual(is0 ? expect.anything() : undefined);
    expect([columns["list"]?.dimensions, columns["vector"]?.dimensions]).toEqual(is0 ? [undefined, 3] : [1, 0]);
    expect(columns["custom"]?.columnType).toBe("PgCustomColumn");
    expect(["at", "day", "big", "spot", "pair"].map((key) => columns[key]?.dataType)).toEqual(
      is0
        ? ["date", "string", "bigint", "json", "array"]
        : ["object date", "string date", "bigint int64", "object point", "array point"],
    );
  });
});

describe("the order of migrations", () => {
  it.each(LINES.filter(({ name }) => name === "0.45"))("is that of the journal in $name", ({ migrator }) => {
    const migrationsFolder = journalFolder({ "0001_b": "second", "0000_a": "first" });
    expect(migrator.readMigrationFiles({ migrationsFolder }).map(({ sql }) => sql)).toEqual([["second"], ["first"]]);
  });

  it.each(LINES.filter(({ name }) => name === "1.0"))(
    "is that of the names of folders with a migration.sql, in the order of the locale, in $name",
    (line) => {
      const migrationsFolder = folderPerMigration({ z: "1", Ä: "2", a: "3" });
      const read = line.migrator.readMigrationFiles({ migrationsFolder }) as readonly { name?: string }[];
      const names = read.map((migration) => migration.name ?? "");
      expect(names).toHaveLength(3);
      expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)));
      rmSync(join(migrationsFolder, names[0] as string, "migration.sql"));
      expect(line.migrator.readMigrationFiles({ migrationsFolder })).toHaveLength(2);
    },
  );
});

if (LINES.length < 2) it.skip("drizzle-orm 1.0 is not tried: packages/drizzle-1 has no node_modules");
