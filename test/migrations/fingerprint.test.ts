import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ingredients, recipeKeyOf } from "../../src/migrations/fingerprint.ts";
import { type Migration, readMigrations } from "../../src/migrations/read.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "with-test-db-fingerprint-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = async (): Promise<void> => {};
const migration = (tag: string, text = `create table ${tag} ();`, when = 1): Migration => ({
  ...{ tag, text, when },
  ...{ file: `/repo/drizzle/${tag}.sql`, statements: [text] },
});
const [a, b] = [migration("a"), migration("b")];
const base: Ingredients = {
  migrations: { folder: "/repo/drizzle", layout: "journal", list: [a, b] },
  drizzleVersion: "0.45.4",
  prepare: undefined,
  seed: undefined,
};
const withList = (...list: Migration[]): Partial<Ingredients> => ({ migrations: { ...base.migrations, list } });
const of = (parts: Partial<Ingredients> = {}): string => recipeKeyOf({ ...base, ...parts });

describe("recipeKeyOf", () => {
  it("is 24 hexadecimal digits, the same for the same ingredients", () => {
    expect(of()).toMatch(/^[0-9a-f]{24}$/);
    expect(of()).toBe(of());
  });

  it("is another one for each change of what a blueprint is made from", () => {
    const changes: Record<string, Partial<Ingredients>> = {
      "nothing changed": {},
      "another layout": { migrations: { ...base.migrations, layout: "folders" } },
      "another order": withList(b, a),
      "one less": withList(a),
      "one more": withList(a, b, migration("c")),
      "one twice": withList(a, b, b),
      "an edit": withList(a, migration("b", "create table b (id int);")),
      "an edit of white space": withList(a, migration("b", "create table b ();\n")),
      "another tag": withList(a, { ...b, tag: "b2" }),
      "another time": withList(a, { ...b, when: 2 }),
      "text moved from one migration to the next": withList(
        migration("a", "create table a ();create"),
        migration("b", " table b ();"),
      ),
      "another drizzle": { drizzleVersion: "1.0.0" },
      "prepare with a key": { prepare: { key: "p", run } },
      "prepare with another key": { prepare: { key: "p2", run } },
      "seed with a key": { seed: { key: "p", run } },
      "seed with another key": { seed: { key: "p2", run } },
      "seed with an empty key": { seed: { key: "", run } },
    };
    const names = new Map<string, string>();
    for (const [name, change] of Object.entries(changes)) {
      const fingerprint = of(change);
      expect(names.get(fingerprint), `${name} is as good as`).toBeUndefined();
      names.set(fingerprint, name);
    }
  });

  it("does not change with what makes no difference", () => {
    expect(of({ migrations: { ...base.migrations, folder: "/elsewhere" } })).toBe(of());
    expect(of(withList(a, { ...b, file: "/elsewhere/b.sql" }))).toBe(of());
    expect(of({ seed: { key: "s", run } })).toBe(of({ seed: { key: "s", run: async () => 1 } }));
  });

  it("follows the content of prepared files and their order, not their paths", () => {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const prepared = of({ prepare: [file("a.sql", "A"), file("b.sql", "B")] });
    expect(of({ prepare: [file("c.sql", "A"), file("d.sql", "B")] })).toBe(prepared);
    const others = [
      of({ prepare: [join(folder, "b.sql"), join(folder, "a.sql")] }),
      of({ prepare: [join(folder, "a.sql")] }),
      of({ prepare: [file("ab.sql", "AB")] }),
      of({ prepare: [file("a.sql", "A2"), join(folder, "b.sql")] }),
      of({ prepare: { key: "A", run } }),
      of(),
    ];
    expect(new Set([prepared, ...others]).size).toBe(others.length + 1);
  });

  it("is the same for the same project in another folder", () => {
    const places = ["one", "two"].map((name) => {
      const place = join(folder, name);
      mkdirSync(join(place, "meta"), { recursive: true });
      writeFileSync(join(place, "meta", "_journal.json"), '{"entries":[{"tag":"0000_a","when":5}]}');
      writeFileSync(join(place, "0000_a.sql"), "create table a ();");
      return of({ migrations: readMigrations(place) });
    });
    expect(places[0]).toBe(places[1]);
  });
});
