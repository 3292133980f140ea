/**
 * A migrations folder may have been through merges, editors, archives and other people's hands: it is read, or refused as
 * a TestDbError that names what is wrong. What was read can be fingerprinted.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyFromStdin } from "../../src/migrations/copy-from-stdin.ts";
import { recipeKeyOf } from "../../src/migrations/fingerprint.ts";
import { leavesDatabase } from "../../src/migrations/leaves-database.ts";
import { type Migrations, readMigrations } from "../../src/migrations/read-migrations.ts";
import { makesRoles } from "../../src/migrations/roles.ts";
import { broken, orTestDbError, PATIENCE, runs } from "../support/cases.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "with-test-db-read-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
};

/** What holds of a folder that was not refused, whatever was in it. */
function check(read: Migrations | undefined): void {
  if (!read) return;
  expect(read.list.length).toBeGreaterThan(0);
  for (const { tag, text, statements, when } of read.list) {
    expect(tag).not.toBe("");
    expect(statements.join("--> statement-breakpoint")).toBe(text);
    expect(typeof when).toBe("number");
  }
  expect(recipeKeyOf(read)).toMatch(/^[0-9a-f]{24}$/);
  for (const statement of read.list.flatMap(({ statements }) => statements)) {
    expect([leavesDatabase(statement), makesRoles(statement), copyFromStdin(statement)]).toEqual([
      false,
      false,
      undefined,
    ]);
  }
}
const drizzles = fc.constantFrom("0.45.4", "1.0.0-rc.5");

const tag = fc.oneof(
  fc.constantFrom(
    "0000_a",
    "0001_b",
    "0000_a",
    "meta",
    "..",
    "../x",
    "/etc/passwd",
    "a/b",
    "a\0b",
    "x".repeat(300),
    " ",
    "é",
  ),
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty"),
);
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -1, 1e21, 2 ** 53, Number.MAX_VALUE, 1_700_000_000_000),
);
const anything = fc.oneof(
  number,
  fc.string({ maxLength: 4 }),
  fc.constantFrom(null, true, [], {}, [[]]),
  fc.jsonValue({ maxDepth: 2 }),
);
const entry = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ idx: number, when: number, tag, version: fc.constant("7"), breakpoints: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ idx: anything, when: anything, tag: anything }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: anything },
);
const journal = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ version: anything, dialect: anything, entries: fc.array(entry, { maxLength: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ entries: anything }) },
  { weight: 1, arbitrary: anything },
);

const JOURNAL = `${JSON.stringify(
  {
    version: "7",
    dialect: "postgresql",
    entries: ["0000_a", "0001_b"].map((name, idx) => ({
      idx,
      version: "7",
      when: 1_700_000_000_000 + idx,
      tag: name,
      breakpoints: true,
    })),
  },
  null,
  2,
)}\n`;
const splinters = fc.oneof(
  fc.constantFrom(
    "\ufeff",
    "\0",
    "{",
    "}",
    "[",
    "]",
    ",",
    '"',
    ":",
    "\\",
    "\\u0000",
    "null",
    "1e999",
    "-0",
    "<<<<<<< HEAD\n",
    "=======\n",
  ),
  fc.constantFrom(
    '"__proto__":{"tag":"x","when":1},',
    '"entries":[],',
    '"tag":"0001_b",',
    '"when":"1",',
    "//",
    "\r\n",
    "[".repeat(3_000),
  ),
  fc.string({ unit: "binary", maxLength: 3 }),
);

describe("a migrations folder", { timeout: PATIENCE }, () => {
  it("whose journal is in pieces is refused, or still says what it says", () => {
    for (const name of ["0000_a", "0001_b"])
      place(`${name}.sql`, "select 1;\n--> statement-breakpoint\ncreate extension citext;");
    const bytes = fc
      .tuple(broken(fc.constant(JOURNAL), splinters), fc.constantFrom("utf8", "utf16le", "latin1", "bom"))
      .map(([text, how]) => (how === "bom" ? Buffer.from(`\ufeff${text}`) : Buffer.from(text, how as BufferEncoding)));
    fc.assert(
      fc.property(bytes, drizzles, (content, drizzle) => {
        place("meta/_journal.json", content);
        check(orTestDbError(() => readMigrations(folder, drizzle)));
      }),
      runs("journals: broken text"),
    );
  });

  it("whose journal has entries of any kind is refused, or has those that it names", () => {
    place("0000_a.sql", "select 1;");
    place("0001_b.sql", "");
    mkdirSync(join(folder, "meta.sql"));
    fc.assert(
      fc.property(journal, drizzles, (content, drizzle) => {
        const text = JSON.stringify(content);
        place("meta/_journal.json", text);
        const read = orTestDbError(() => readMigrations(folder, drizzle));
        check(read);
        if (!read) return;
        const { entries } = JSON.parse(text) as { entries: { tag: string; when: number }[] };
        expect(read.list.map(({ tag, when }) => [tag, when])).toEqual(entries.map(({ tag, when }) => [tag, when]));
      }),
      runs("journals: entries of any kind"),
    );
  });

  it("with anything in the place of anything else is refused, or read", () => {
    const PLACES = [
      "",
      "meta",
      "meta/_journal.json",
      "0000_a.sql",
      "0001_b.sql",
      "2025_x",
      "2025_x/migration.sql",
      "2026_y",
    ] as const;
    const KINDS = [
      "file",
      "folder",
      "nothing",
      "link to nowhere",
      "link to itself",
      "link to the root",
      "secret",
      "empty",
    ] as const;
    let turn = 0;
    const change = fc.tuple(fc.constantFrom(...PLACES), fc.constantFrom(...KINDS));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.boolean(), drizzles, (changes, hasJournal, drizzle) => {
        const home = `case${turn++}`;
        if (hasJournal) place(`${home}/meta/_journal.json`, JOURNAL);
        for (const name of ["0000_a.sql", "0001_b.sql"]) place(`${home}/${name}`, "select 1;");
        if (!hasJournal) place(`${home}/2025_x/migration.sql`, "select 1;");
        const whole = join(folder, home);
        try {
          for (const [name, kind] of changes) {
            const at = join(whole, name);
            try {
              rmSync(at, { recursive: true, force: true });
              if (kind === "file") writeFileSync(at, "select 2;");
              else if (kind === "empty") writeFileSync(at, "");
              else if (kind === "folder") mkdirSync(at);
              else if (kind === "link to nowhere") symlinkSync(join(folder, "nowhere"), at);
              else if (kind === "link to itself") symlinkSync(at, at);
              else if (kind === "link to the root") symlinkSync("/", at);
              else if (kind === "secret") {
                writeFileSync(at, "select 3;");
                chmodSync(at, 0);
              }
            } catch {
              // what it would be put into is a file or a link by now
            }
          }
          check(orTestDbError(() => readMigrations(whole, drizzle)));
        } finally {
          rmSync(whole, { recursive: true, force: true });
        }
      }),
      runs("journals: broken folders"),
    );
  });
});
