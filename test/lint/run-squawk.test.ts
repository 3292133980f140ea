/** squawk itself, as it was installed from npm. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runSquawk } from "../../src/lint/run-squawk.ts";
import { RULES_OFF } from "../../src/lint/squawk-rules.ts";
import { temporaryFolder } from "../support/migrations.ts";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

function folder(files: Readonly<Record<string, string>>): string {
  const made = temporaryFolder();
  symlinkSync(modules, join(made, "node_modules"), "junction");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, name)), { recursive: true });
    writeFileSync(join(made, name), text);
  }
  return made;
}

/** As drizzle-kit writes them. */
const MIGRATION = `CREATE TABLE "teams" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" varchar(80) NOT NULL,
	"size" integer,
	"made" timestamp DEFAULT now()
);
--> statement-breakpoint
ALTER TYPE "role" ADD VALUE 'owner';--> statement-breakpoint
CREATE INDEX "by_name" ON "people" ("name");--> statement-breakpoint
DROP INDEX "by_age";--> statement-breakpoint
ALTER TABLE "teams" ADD CONSTRAINT "teams_fk" FOREIGN KEY ("id") REFERENCES "people"("id");--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "team" integer NOT NULL;
`;

const rules = async (files: Readonly<Record<string, string>>, names = Object.keys(files)): Promise<string[]> =>
  (await runSquawk(names, { folder: folder(files) })).map(({ line, rule }) => `${line} ${rule}`);

describe("runSquawk()", () => {
  it("says nothing of what Drizzle's transaction or the schema decides, and the line of what is left", async () => {
    expect(await rules({ "0001_a.sql": MIGRATION })).toEqual(["12 adding-required-field"]);
  });

  it("finds what the transaction refuses, and what ends it", async () => {
    const text =
      'SELECT 1;--> statement-breakpoint\nCREATE INDEX CONCURRENTLY "i" ON "t" ("a");--> statement-breakpoint\nCOMMIT;';
    expect(await rules({ "a.sql": text })).toEqual([
      "2 ban-concurrent-index-creation-in-transaction",
      "3 transaction-nesting",
    ]);
  });

  it("gives place, message and help", async () => {
    const at = folder({ "drizzle/a.sql": '\nALTER TABLE "people" ADD COLUMN "team" text NOT NULL;' });
    expect(await runSquawk(["drizzle/a.sql"], { folder: at })).toEqual([
      {
        level: "warning",
        rule: "adding-required-field",
        message: expect.stringContaining("NOT NULL"),
        help: expect.stringContaining("nullable"),
        file: "drizzle/a.sql",
        line: 2,
        column: 22,
      },
    ]);
  });

  it("takes syntax that is none for an error", async () => {
    const [first] = await runSquawk(["a.sql"], { folder: folder({ "a.sql": "CREATE TABEL t ();" }) });
    expect(first).toMatchObject({ level: "error", rule: "syntax-error", line: 1 });
  });

  it("leaves to the project's own .squawk.toml what that sets, also from a folder above", async () => {
    const none = 'excluded_rules = ["adding-required-field"]\n[upload_to_github]\nassume_in_transaction = false\n';
    const some = await rules({ ".squawk.toml": none, "a.sql": MIGRATION }, ["a.sql"]);
    expect(some).toContain("9 require-concurrent-index-creation");
    expect(some.join()).not.toMatch(/adding-required-field|prefer-robust-stmts/);
    const at = folder({ ".squawk.toml": "assume_in_transaction = false", "db/a.sql": MIGRATION });
    writeFileSync(join(at, "db", "package.json"), "{}");
    const below = await runSquawk(["a.sql"], { folder: join(at, "db") });
    expect(below.map(({ rule }) => rule)).not.toContain("require-concurrent-index-creation");
  });

  it("reads files whose names are patterns, and many of them", async () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`${index}.sql`, "DROP TABLE t;"]));
    expect(await rules({ "[a]*/b?.sql": "DROP TABLE t;", ...many })).toHaveLength(102);
    expect(await rules({})).toEqual([]);
  });

  it("has a reason for each rule that is off", () => {
    for (const why of Object.values(RULES_OFF)) expect(why).toMatch(/\w+ \w+/);
  });

  it("says what to install, and what is wrong with a configuration", async () => {
    const bare = temporaryFolder();
    await expect(runSquawk(["a.sql"], { folder: bare })).rejects.toMatchObject({
      code: "PROGRAM_MISSING",
      message: expect.stringContaining("npm install --save-dev squawk-cli"),
    });
    const wrong = folder({ ".squawk.toml": 'excluded_rules = ["nothing"]', "a.sql": "" });
    await expect(runSquawk(["a.sql"], { folder: wrong })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining("invalid rule name nothing"),
    });
    await expect(runSquawk(["a.sql"], { folder: folder({ "a.sql": "" }), pgVersion: "new" })).rejects.toMatchObject({
      code: "OPTION_INVALID",
    });
  });
});
