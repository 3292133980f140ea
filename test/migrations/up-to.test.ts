import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderKey } from "../../src/migrations/fingerprint.ts";
import { inFolder } from "../../src/migrations/in-folder.ts";
import { NOT_RUN, readMigrations } from "../../src/migrations/read-migrations.ts";
import { migrationsUpTo } from "../../src/migrations/up-to.ts";
import { folderPerMigration, journalFolder } from "../support/migrations.ts";

const HISTORY = {
  "0000_a": "SELECT 1;--> statement-breakpoint\nSELECT 'ä';",
  "0001_b": "SELECT 2;",
  "0002_c": "SELECT 3;",
};
const target = { user: "u", database: "d" };

describe("migrationsUpTo()", () => {
  it("are as a folder that holds those alone", () => {
    const { "0002_c": _, ...earlier } = HISTORY;
    const part = migrationsUpTo(readMigrations(journalFolder(HISTORY)), 2);
    const alone = readMigrations(journalFolder(earlier));
    expect(part.list.map(({ tag, text }) => [tag, text])).toEqual(alone.list.map(({ tag, text }) => [tag, text]));
    expect(part.digest).toBe(alone.digest);
  });

  it("are the folder itself where they are all", () => {
    const all = readMigrations(journalFolder(HISTORY));
    expect(migrationsUpTo(all, 3)).toBe(all);
  });

  it("are others where a later migration creates an extension that is not to be there yet", () => {
    const digest = (later: string): string =>
      migrationsUpTo(readMigrations(journalFolder({ ...HISTORY, "0002_c": later })), 2).digest;
    expect(digest("CREATE EXTENSION citext;")).not.toBe(digest("SELECT 3;"));
    expect(digest("CREATE EXTENSION citext;")).toBe(digest("SELECT 4; CREATE EXTENSION IF NOT EXISTS citext;"));
  });

  it("have keys of their own for their homes, one for each point", () => {
    const all = readMigrations(journalFolder(HISTORY));
    const keys = [0, 1, 2, 3].map((count) => folderKey(migrationsUpTo(all, count), target));
    expect(new Set(keys).size).toBe(4);
    expect(keys[3]).toBe(folderKey({ folder: all.folder }, target));
  });
});

describe("inFolder()", () => {
  it("gives the project's own folder where all are to run", async () => {
    const all = readMigrations(journalFolder(HISTORY));
    expect(await inFolder(all, async (folder) => folder)).toBe(all.folder);
  });

  it("gives a copy with the first of a journal, whose tags lead nowhere, and takes it away", async () => {
    const all = readMigrations(journalFolder(HISTORY));
    const list = all.list.map((migration, index) => ({
      ...migration,
      tag: index === 0 ? "../../0000_a" : migration.tag,
    }));
    const part = migrationsUpTo({ ...all, list }, 2);
    const copied = await inFolder(part, async (folder) => {
      const { entries } = JSON.parse(readFileSync(join(folder, "meta/_journal.json"), "utf8")) as {
        entries: { tag: string; when: number }[];
      };
      expect(entries.map(({ when }) => when)).toEqual(all.list.slice(0, 2).map(({ when }) => when));
      expect(entries.map(({ tag }) => readFileSync(join(folder, `${tag}.sql`), "utf8"))).toEqual([
        HISTORY["0000_a"],
        HISTORY["0001_b"],
      ]);
      return folder;
    });
    expect(existsSync(copied)).toBe(false);
  });

  it("gives a copy with the first folders, and an empty one for none", async () => {
    const all = readMigrations(folderPerMigration(HISTORY), NOT_RUN);
    const list = (count: number): Promise<string[]> =>
      inFolder(migrationsUpTo(all, count), async (folder) =>
        readMigrations(folder, NOT_RUN).list.map(({ tag }) => tag),
      );
    expect(await list(2)).toEqual(all.list.slice(0, 2).map(({ tag }) => tag));
    await expect(list(0)).rejects.toMatchObject({ code: "MIGRATIONS_NOT_FOUND" });
  });
});
