import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TestDbError } from "../../src/errors.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "with-test-db-read-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
const journal = (...entries: unknown[]): Record<string, string> => ({
  "meta/_journal.json": JSON.stringify({ version: "7", dialect: "postgresql", entries }),
});
function refusal(path = folder): TestDbError {
  try {
    readMigrations(path);
  } catch (error) {
    if (error instanceof TestDbError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a folder with a journal", () => {
  it("is read in the journal's order, with each migration's statements", () => {
    write({
      ...journal({ idx: 0, when: 20, tag: "0001_b" }, { idx: 1, when: 10, tag: "0000_a" }),
      "0000_a.sql": "create table a ();\n--> statement-breakpoint\ncreate table b ();",
      "0001_b.sql": "select 1;",
      "9999_unlisted.sql": "select 2;",
      "20250101000000_x/migration.sql": "select 3;",
    });
    expect(readMigrations(folder, "0.45.4")).toEqual({
      folder,
      layout: "journal",
      list: [
        { tag: "0001_b", file: join(folder, "0001_b.sql"), text: "select 1;", statements: ["select 1;"], when: 20 },
        {
          tag: "0000_a",
          file: join(folder, "0000_a.sql"),
          text: "create table a ();\n--> statement-breakpoint\ncreate table b ();",
          statements: ["create table a ();\n", "\ncreate table b ();"],
          when: 10,
        },
      ],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("keeps line ends and every other byte of a file", () => {
    const text = "\ufeffselect 'é';\r\n\t--> statement-breakpoint\r\n";
    write({ ...journal({ tag: "0000_a", when: 1 }), "0000_a.sql": text });
    expect(readMigrations(folder, "0.45.4").list[0]?.text).toBe(text);
  });

  it.each<[what: string, text: string, why: string]>([
    ["in pieces", "<<<<<<< HEAD\n{", "it is not JSON; a merge may have left it in pieces"],
    ["empty", "", "it is not JSON; a merge may have left it in pieces"],
    ["null", "null", 'it has no list of "entries"'],
    ["without entries", "{}", 'it has no list of "entries"'],
    ["with entries that are no list", '{"entries":{"0":{}}}', 'it has no list of "entries"'],
    ["with an entry of null", '{"entries":[null]}', "its entry 0 has no tag (a string) or no when (a number)"],
    ["with a number for an entry", '{"entries":[7]}', "its entry 0 has no tag (a string) or no when (a number)"],
    [
      "with an empty tag",
      '{"entries":[{"tag":"","when":1}]}',
      "its entry 0 has no tag (a string) or no when (a number)",
    ],
    [
      "with when as text",
      '{"entries":[{"tag":"a","when":"1"}]}',
      "its entry 0 has no tag (a string) or no when (a number)",
    ],
  ])("that is %s is refused, and it says where", (_, text, why) => {
    write({ "meta/_journal.json": text, "a.sql": "" });
    const error = refusal();
    expect(error).toEqual(
      new TestDbError("MIGRATIONS_INVALID", {
        what: `The journal ${join(folder, "meta", "_journal.json")} cannot be read`,
        why,
        next: "git checkout it, or run npx drizzle-kit check",
        cause: error.cause,
      }),
    );
    expect(error.cause !== undefined).toBe(/not JSON/.test(why));
  });

  it("counts the entry that is broken", () => {
    write({ ...journal({ tag: "0000_a", when: 1 }, { tag: "0001_b" }), "0000_a.sql": "" });
    expect(refusal().message).toContain("its entry 1 has no tag");
  });

  it("that names a file which is not there is refused, and it names both", () => {
    write({ ...journal({ tag: "0000_a", when: 1 }, { tag: "0001_b", when: 2 }), "0000_a.sql": "" });
    const error = refusal();
    expect(error.message).toBe(
      [
        `The migration ${join(folder, "0001_b.sql")} is not there.`,
        '  why:  its journal, meta/_journal.json, names "0001_b"; the file may not have been committed, or was renamed by hand',
        "  next: git status, then npx drizzle-kit check",
        "  code: MIGRATIONS_INVALID",
      ].join("\n"),
    );
    expect(error.cause).toMatchObject({ code: "ENOENT" });
  });

  it("without entries holds no migrations", () => {
    write(journal());
    expect(refusal()).toEqual(
      new TestDbError("MIGRATIONS_NOT_FOUND", {
        what: `${folder} holds no migrations`,
        why: "its journal, meta/_journal.json, has no entries",
        next: "npx drizzle-kit generate",
      }),
    );
  });
});

describe("a folder with one folder per migration", () => {
  it("is read in the order of the names, and only what has a migration.sql counts", () => {
    write({
      "20250302101112_second/migration.sql": "select 2;",
      "20250302101112_second/snapshot.json": "{}",
      "20250101000000_first/migration.sql": "select 1;",
      "20240101000000_note/readme.md": "no migration",
      "loose.sql": "select 3;",
    });
    expect(readMigrations(folder, "1.0.0-rc.5")).toMatchObject({
      layout: "folders",
      list: [
        { tag: "20250101000000_first", text: "select 1;", when: 20250101000000 },
        { tag: "20250302101112_second", text: "select 2;", when: 20250302101112 },
      ],
    });
  });

  it("with nothing in it holds no migrations", () => {
    write({ "0000_a.sql": "select 1;" });
    expect(refusal()).toEqual(
      new TestDbError("MIGRATIONS_NOT_FOUND", {
        what: `${folder} holds no migrations`,
        why: "it has neither meta/_journal.json nor folders with a migration.sql in them",
        next: "npx drizzle-kit generate",
      }),
    );
  });
});

describe("a folder that is read again", () => {
  const files = { ...journal({ tag: "0000_a", when: 1 }), "0000_a.sql": "select 1;" };

  it("is the same object from the second time on, while nothing has changed", () => {
    write(files);
    const first = readMigrations(folder, "0.45.4");
    const second = readMigrations(folder, "0.45.4");
    expect(second).toEqual(first);
    expect(readMigrations(folder, "0.45.4")).toBe(second);
  });

  it.each<[what: string, change: () => void]>([
    ["a migration was edited", () => write({ "0000_a.sql": "select 11;" })],
    [
      "a migration was added",
      () => write({ ...journal({ tag: "0000_a", when: 1 }, { tag: "b", when: 2 }), "b.sql": "" }),
    ],
    ["another file is in a migration's place", () => renameSync(join(folder, "other"), join(folder, "0000_a.sql"))],
    ["the journal has another time", () => write(journal({ tag: "0000_a", when: 2 }))],
  ])("is read anew once %s", (_, change) => {
    write({ ...files, other: "select 2;" });
    readMigrations(folder, "0.45.4");
    const before = readMigrations(folder, "0.45.4");
    change();
    const after = readMigrations(folder, "0.45.4");
    expect(after.digest).not.toBe(before.digest);
    expect(after.list.map(({ file, text }) => [file, text])).toEqual(
      after.list.map(({ file }) => [file, readFileSync(file, "utf8")]),
    );
  });
});

describe("a layout that the installed drizzle-orm does not run", () => {
  it("is refused where it is a journal, with both ways out", () => {
    write({ ...journal({ tag: "0000_a", when: 1 }), "0000_a.sql": "" });
    expect(() => readMigrations(folder, "1.0.0-rc.5")).toThrow(
      new TestDbError("MIGRATIONS_INVALID", {
        what: `drizzle-orm 1.0.0-rc.5 does not run ${folder}`,
        why: "it has meta/_journal.json, which drizzle-orm runs before 1.0; since then each migration has a folder of its own",
        next: "npx drizzle-kit up, with drizzle-kit 1.0; or: npm install drizzle-orm@^0.45",
      }),
    );
  });

  it("is refused where it is folders", () => {
    write({ "20250101000000_x/migration.sql": "" });
    expect(() => readMigrations(folder, "0.45.4")).toThrow(
      new TestDbError("MIGRATIONS_INVALID", {
        what: `drizzle-orm 0.45.4 does not run ${folder}`,
        why: "each migration has a folder of its own, which drizzle-orm runs since 1.0; before, it wants meta/_journal.json",
        next: "npm install drizzle-orm@^1.0.0-rc.1",
      }),
    );
  });
});

describe("a path that is no folder is refused, and it is said", () => {
  const HERE = 'migrationsFolder: join(import.meta.dirname, "../drizzle")';
  const said = (path: string): [why: string, next: string] => {
    const { message } = refusal(path);
    expect(message).toMatch(/code: MIGRATIONS_NOT_FOUND$/);
    expect(message).toContain(`There is no folder ${path}.`);
    return [/why: {2}(.*)/.exec(message)?.[1] ?? "", /next: (.*)/.exec(message)?.[1] ?? ""];
  };

  it("where it was looked for", () => {
    const at = `it was looked for in ${process.cwd()}, where the process was started`;
    expect(said("no/such/folder")).toEqual([
      at,
      `relative to the test's file: ${HERE}; or make it: npx drizzle-kit generate`,
    ]);
  });

  it("where there is one of that name", () => {
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(join(folder, "a", "b"));
    try {
      write({ "moved/meta/_journal.json": "{}", "a/b/other/meta/_journal.json": "{}" });
      expect(said("./moved")[0]).toContain(`; there is ${join(folder, "moved")}`);
      expect(said("../../other")[0]).toContain(`; there is ${join(folder, "a", "b", "other")}`);
    } finally {
      cwd.mockRestore();
    }
  });

  it("that nothing is there", () => {
    expect(said(join(folder, "nowhere"))[0]).toBe("nothing is there");
  });

  it("that a file is none, and which folder it is in", () => {
    write({ "0000_a.sql": "", "meta/_journal.json": "{}" });
    for (const file of ["0000_a.sql", join("meta", "_journal.json")]) {
      expect(said(join(folder, file))).toEqual([
        "it is a file; the folder that holds all migrations is wanted",
        `migrationsFolder: ${JSON.stringify(folder)}`,
      ]);
    }
  });

  it("that a URL is no path", () => {
    const { href } = pathToFileURL(folder);
    expect(said(href)).toEqual(["it is a URL, not a path", `fileURLToPath("${href}"), or ${HERE}`]);
    expect(said("http://localhost:3000/drizzle")).toEqual([expect.stringContaining("jsdom"), HERE]);
  });
});
