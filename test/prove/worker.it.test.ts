/** What the processes of a proven suite do beside its queries: they see what alterations would do, and change nothing. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { environmentOf } from "../../src/prove/command-runner.ts";
import { planOf } from "../../src/prove/plan.ts";
import { recordedOf } from "../../src/prove/recorded.ts";
import { loadParser } from "../../src/prove/sql/parser.ts";
import { type Comparison, type Note, readNotes, type Work, writeWork } from "../../src/prove/work.ts";
import { root } from "../support/installed-project.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("./support/queries.mjs", import.meta.url));
const NOTES = `CREATE TABLE notes (id serial PRIMARY KEY, name text NOT NULL UNIQUE, made_at timestamptz NOT NULL DEFAULT now(), flags boolean[], token uuid NOT NULL DEFAULT gen_random_uuid());
  INSERT INTO notes (name) VALUES ('a');
  CREATE FUNCTION dice() RETURNS float LANGUAGE sql VOLATILE AS 'SELECT random()';`;

/** [query, what each of its alterations does]. */
const SAID = [
  ["select id, name from notes where name = ", ["condition-dropped: differs", "condition-negated: differs"]],
  [
    "insert into notes (name) values ($1) ret",
    ["returned-column-emptied: differs", "returned-column-emptied: differs", "returned-column-emptied: differs"],
  ],
  [
    "update notes set name = $1 where id > $2",
    [
      "condition-dropped: differs",
      "condition-negated: differs",
      "bound-shifted: differs",
      "assignment-dropped: differs",
    ],
  ],
  ["insert into notes (id, name) values ($1,", []],
  ["insert into notes (name) values ($1) on ", ["conflict-changed: same"]],
  ["select count(*)::int as count from notes", []],
  ["delete from notes where name = $1 return", ["condition-dropped: differs", "condition-negated: differs"]],
  [
    "select dice() < 2 as is_small, dice() as",
    ["condition-dropped: unknown", "condition-negated: unknown", "bound-shifted: unknown"],
  ],
  [
    "select name from notes where id = any($1",
    [
      "condition-dropped: differs",
      "condition-dropped: same",
      "condition-negated: same",
      "and-or: differs",
      "membership-turned: differs",
    ],
  ],
  [
    "select id from notes where made_at < $1 ",
    [
      "condition-dropped: same",
      "condition-dropped: differs",
      "condition-negated: same",
      "condition-negated: same",
      "bound-shifted: same",
      "and-or: differs",
    ],
  ],
  ["select id from notes for update", []],
];

describe.skipIf(!isIntegrationEnabled())("a process of a proven suite", { timeout: 60_000 }, () => {
  /** What the script printed, with what its process noted. */
  async function ask(
    driver: string,
    mode: object | undefined,
  ): Promise<{ readonly printed: unknown; readonly notes: Note[] }> {
    const testDb: TestDb = await withTestDb({ migrationsFolder: journalFolder({ "0000_notes": NOTES }) });
    const folder = temporaryFolder();
    try {
      if (mode) writeWork(folder, { places: [root], ...mode } as object as Work);
      const env = { ...process.env, ...(mode ? environmentOf(folder) : {}) };
      const { stdout } = await run(process.execPath, [SCRIPT, testDb.url, driver], { env, cwd: root });
      return { printed: JSON.parse(stdout), notes: [...readNotes(folder)] };
    } finally {
      await testDb.dispose();
    }
  }

  describe.each(["postgres", "pg"])("with %s", (driver) => {
    it("notes each query with its line, and nothing of its own", async () => {
      const { printed } = await ask(driver, undefined);
      const recorded = await ask(driver, { mode: "record" });
      expect(recorded.printed).toEqual(printed);
      const { queries, tablesOf } = recordedOf(recorded.notes, ["test/prove/support"]);
      expect(queries).toHaveLength(12);
      expect(queries.every(({ sources: [source] }) => source?.startsWith("test/prove/support/queries.mjs:"))).toBe(
        true,
      );
      expect(queries.map(({ runs }) => runs)).toEqual([4, ...Array.from({ length: 11 }, () => 1)]);
      expect(tablesOf({ tests: [{}] }).map(({ name, keys }) => [name, keys])).toEqual([["notes", [["name"], ["id"]]]]);
    });

    it("sees what alterations would do, and leaves rows, sequences and settings as they are", async () => {
      const { printed } = await ask(driver, undefined);
      const { notes: recordedNotes } = await ask(driver, { mode: "record" });
      const plan = planOf(recordedOf(recordedNotes, ["test/prove/support"]), await loadParser(), []);
      const queries = plan.queries.flatMap(({ comparison }): Comparison[] => (comparison ? [comparison] : []));
      const compared = await ask(driver, { mode: "compare", queries });
      expect(compared.printed).toEqual(printed);

      const outcomes = new Map(
        compared.notes.flatMap((note) => (note.is === "compared" ? [[note.id, note.outcome]] : [])) as [
          string,
          string,
        ][],
      );
      const told = plan.queries.filter(({ query }) => !query.text.includes("last_value"));
      const said = told.map(({ query, alterations }) => [
        query.text.slice(0, 40),
        alterations.map(({ kind, id }) => `${kind}: ${outcomes.get(id) ?? "same"}`),
      ]);
      expect(said).toEqual(SAID);
      const judged = compared.notes.flatMap((note) =>
        note.is === "judged" ? [[note.text, note.types, note.why]] : [],
      );
      expect(judged).toContainEqual([
        expect.stringMatching(/dice/),
        ["integer"],
        "its own result differs when it runs twice",
      ]);
      expect(judged).toContainEqual([expect.stringMatching(/^update/), ["text", "integer"], undefined]);
    });

    it("sends an alteration in the place of its query, and of no other", async () => {
      const text = "select id, name from notes where name = $1 order by id";
      const sql = "select id, name || '!' as name from notes where name = $1 or true order by id";
      const { printed, notes } = await ask(driver, { mode: "alter", alteration: { id: "x", text, sql } });
      expect((printed as unknown[])[0]).toEqual([{ id: 1, name: "a!" }]);
      expect(notes).toEqual([{ is: "altered", id: "x" }]);
      // asked for by another line
      const other = await ask(driver, {
        mode: "alter",
        alteration: { id: "y", text, sql, sources: ["src/other.ts:1:1"] },
      });
      expect((other.printed as unknown[])[0]).toEqual([{ id: 1, name: "a" }]);
    });
  });
});
