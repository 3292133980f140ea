import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaOf, writeProject } from "../src/project.ts";
import { modelOf } from "../src/project-model.ts";

describe("the projects that are made up", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bench-projects-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    [30, 35],
    [110, 300],
    [110, 35],
  ])("have %d tables and %d migrations, none of them empty", (tables, migrations) => {
    const model = modelOf(tables, migrations);
    expect(model.tables).toHaveLength(tables);
    expect(new Set(model.tables.map(({ name }) => name)).size).toBe(tables);
    expect(model.migrations).toHaveLength(migrations);
    expect(model.migrations.filter((statements) => statements.length === 0)).toEqual([]);
  });

  it("are the same in every run", () => {
    expect(modelOf(110, 300)).toEqual(modelOf(110, 300));
  });

  it("have the same tables, whatever the length of their history", () => {
    expect(modelOf(110, 300).tables).toEqual(modelOf(110, 35).tables);
  });

  it("hold what real projects hold", () => {
    const text = modelOf(30, 35).migrations.flat().join("\n");
    for (const form of [
      /CREATE TYPE .* AS ENUM/,
      /FOREIGN KEY .* ON DELETE cascade/,
      /GENERATED ALWAYS AS IDENTITY/,
      /\bserial\b/,
      /gen_random_uuid\(\)/,
      /CREATE UNIQUE INDEX .*lower\(/,
      /CREATE INDEX .* WHERE/,
      /CHECK \(/,
      /CREATE VIEW/,
      /CREATE FUNCTION touch\(\)/,
      /CREATE TRIGGER/,
      /INSERT INTO/,
    ]) {
      expect(text).toMatch(form);
    }
    // else migrate() into a schema could not be compared
    expect(text).not.toMatch(/public/);
  });

  it("lie on the disk as drizzle-kit leaves them", () => {
    const { migrationsFolder, written } = writeProject(folder, 30, 35);
    const journal = JSON.parse(readFileSync(join(migrationsFolder, "meta", "_journal.json"), "utf8"));
    const files = readdirSync(migrationsFolder).filter((file) => file.endsWith(".sql"));
    expect(journal.entries.map(({ tag }: { tag: string }) => `${tag}.sql`)).toEqual(files.sort());
    expect(written).toHaveLength(3);
  });

  it("have a Drizzle schema with all their tables and references", () => {
    const schema = schemaOf(30);
    const model = modelOf(30, 35);
    for (const { name, references } of model.tables) {
      const { foreignKeys } = getTableConfig(schema[name] as PgTable);
      expect(foreignKeys.map((key) => getTableConfig(key.reference().foreignTable).name).sort()).toEqual(
        references.map(({ table }) => table.name).sort(),
      );
    }
  });
});
