import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recipeKeyOf } from "../../src/migrations/fingerprint.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { folderPerMigration, journalFolder, temporaryFolder } from "../support/migrations.ts";

const A = "create table a ();";
const B = "create table b ();";
const run = async (): Promise<void> => {};
const read = (migrations: Readonly<Record<string, string>>, drizzle = "0.45.4") =>
  readMigrations(journalFolder(migrations), drizzle);
const base = read({ a: A, b: B });

describe("recipeKeyOf", () => {
  it("is 24 hexadecimal digits, the same for the same ingredients", () => {
    expect(recipeKeyOf(base)).toMatch(/^[0-9a-f]{24}$/);
    expect(recipeKeyOf(base)).toBe(recipeKeyOf(base));
  });

  it("is another one for each change of what a blueprint is made from", () => {
    const changes: Record<string, string> = {
      "nothing changed": recipeKeyOf(base),
      "another layout": recipeKeyOf(readMigrations(folderPerMigration({ a: A, b: B }), "1.0.0")),
      "another order": recipeKeyOf(read({ b: B, a: A })),
      "one less": recipeKeyOf(read({ a: A })),
      "one more": recipeKeyOf(read({ a: A, b: B, c: "" })),
      "one twice": recipeKeyOf(read({ a: A, b: B, b2: B })),
      "an edit": recipeKeyOf(read({ a: A, b: "create table b (id int);" })),
      "an edit of white space": recipeKeyOf(read({ a: A, b: `${B}\n` })),
      "another tag": recipeKeyOf(read({ a: A, b2: B })),
      "another time": recipeKeyOf(read({ zero: "", a: A, b: B })),
      "text moved from one migration to the next": recipeKeyOf(read({ a: `${A}create`, b: " table b ();" })),
      "another drizzle": recipeKeyOf(read({ a: A, b: B }, "0.44.0")),
      "prepare with a key": recipeKeyOf(base, { prepare: { key: "p", run } }),
      "prepare with another key": recipeKeyOf(base, { prepare: { key: "p2", run } }),
      "prepare with an empty key": recipeKeyOf(base, { prepare: { key: "", run } }),
      "seed with a key": recipeKeyOf(base, { seed: { key: "p", run } }),
      "seed with another key": recipeKeyOf(base, { seed: { key: "p2", run } }),
      "seed with an empty key": recipeKeyOf(base, { seed: { key: "", run } }),
    };
    const names = new Map<string, string>();
    for (const [name, key] of Object.entries(changes)) {
      expect(names.get(key), `${name} is as good as`).toBeUndefined();
      names.set(key, name);
    }
  });

  it("does not change with what makes no difference", () => {
    expect(recipeKeyOf(read({ a: A, b: B }))).toBe(recipeKeyOf(base));
    expect(recipeKeyOf(base, { seed: { key: "s", run } })).toBe(
      recipeKeyOf(base, { seed: { key: "s", run: async () => 1 } }),
    );
  });

  it("follows the content of prepared files and their order, not their paths", () => {
    const folder = temporaryFolder();
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const prepared = recipeKeyOf(base, { prepare: [file("a.sql", "A"), file("b.sql", "B")] });
    expect(recipeKeyOf(base, { prepare: [file("c.sql", "A"), file("d.sql", "B")] })).toBe(prepared);
    const others = [
      recipeKeyOf(base, { prepare: [join(folder, "b.sql"), join(folder, "a.sql")] }),
      recipeKeyOf(base, { prepare: [join(folder, "a.sql")] }),
      recipeKeyOf(base, { prepare: [file("ab.sql", "AB")] }),
      recipeKeyOf(base, { prepare: [file("a.sql", "A2"), join(folder, "b.sql")] }),
      recipeKeyOf(base, { prepare: { key: "A", run } }),
      recipeKeyOf(base, { prepare: [{ key: "A", run }] }),
      recipeKeyOf(base, { prepare: [{ key: "A", run }, join(folder, "b.sql")] }),
      recipeKeyOf(base, { prepare: [join(folder, "b.sql"), { key: "A", run }] }),
      recipeKeyOf(base, { prepare: [join(folder, "a.sql"), { key: "B", run }] }),
      recipeKeyOf(base, { prepare: [file("key.sql", '{"key":"A"}')] }),
      recipeKeyOf(base, { prepare: [] }),
      recipeKeyOf(base),
    ];
    expect(new Set([prepared, ...others]).size).toBe(others.length + 1);
  });

  it("follows the content of seeded files, their order, the tables of their names, and the keys between them", () => {
    const folder = temporaryFolder();
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const [users, posts] = [file("users.csv", "id\n1\n"), file("posts.csv", "id\n1\n")];
    const keys = [
      recipeKeyOf(base, { seed: [users] }),
      recipeKeyOf(base, { seed: [posts] }),
      recipeKeyOf(base, { seed: [users, posts] }),
      recipeKeyOf(base, { seed: [posts, users] }),
      recipeKeyOf(base, { seed: [users, { key: "k", run }] }),
      recipeKeyOf(base, { seed: [users, { key: "k2", run }] }),
      recipeKeyOf(base, { seed: [file("users.csv", "id\n2\n")] }),
      recipeKeyOf(base, { seed: [file("k.sql", "k")] }),
      recipeKeyOf(base, { seed: [{ key: "k", run }] }),
      recipeKeyOf(base, { seed: { key: "k", run } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const name of ["tags.tsv", "more"])
      expect(() => recipeKeyOf(base, { seed: [file(name, "")] })).toThrow(
        expect.objectContaining({
          code: "OPTION_INVALID",
          message: expect.stringContaining("seed takes files that end in .sql, .csv or .json"),
        }),
      );
    expect(() => recipeKeyOf(base, { prepare: [file("more", "")] })).not.toThrow();
    expect(() => recipeKeyOf(base, { seed: [join(folder, "nowhere.csv")] })).toThrow(
      "nowhere.csv of seed cannot be read",
    );
  });
});
