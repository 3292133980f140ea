/** A project's suite that relies on the order of inserting and on `id = 1`, in a process of vitest, with TEST_DB_SHAKE and without. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { makeProject, type Project, root } from "./project.ts";

const MIGRATIONS: Readonly<Record<string, string>> = {
  "drizzle/0000_things.sql": `CREATE TABLE "things" ("id" serial PRIMARY KEY, "name" text NOT NULL);--> statement-breakpoint
CREATE TABLE "tags" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "label" text NOT NULL);--> statement-breakpoint
INSERT INTO "tags" ("label") VALUES ('red'), ('green'), ('blue');`,
  "drizzle/meta/_journal.json": JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: [{ idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_things", breakpoints: true }],
  }),
};

const SUITE = `
import { inArray } from "drizzle-orm";
import { pgTable, serial, text, uuid } from "drizzle-orm/pg-core";
import { expect, it } from "vitest";
import { useTestDb } from "with-test-db/vitest";
const things = pgTable("things", { id: serial().primaryKey(), name: text().notNull() });
const tags = pgTable("tags", { id: uuid().primaryKey().defaultRandom(), label: text().notNull() });
const { db } = await useTestDb({ schema: { things, tags }, migrationsFolder: "drizzle", between: "BETWEEN" });
for (const round of ["first", "second"]) {
  it("relies on id = 1, " + round, async () => {
    expect(await db.insert(things).values({ name: "a" }).returning({ id: things.id })).toEqual([{ id: 1 }]);
  });
  it("relies on the order of the migrations' rows, " + round, async () => {
    expect((await db.select().from(tags)).map(({ label }) => label)).toEqual(["red", "green", "blue"]);
  });
  it("relies on the order of its own rows, " + round, async () => {
    const labels = Array.from({ length: 12 }, (_, n) => "own " + n);
    const ids = (await db.insert(tags).values(labels.map((label) => ({ label }))).returning()).map(({ id }) => id);
    expect((await db.select().from(tags).where(inArray(tags.id, ids))).map(({ label }) => label)).toEqual(labels);
  });
  it("relies on neither, " + round, async () => {
    const [thing] = await db.insert(things).values({ name: "b" }).returning();
    expect(await db.select().from(things).where(inArray(things.id, [thing.id]))).toEqual([thing]);
    expect((await db.select().from(tags).orderBy(tags.label)).map(({ label }) => label)).toEqual(["blue", "green", "red"]);
  });
}
`;

describe.skipIf(!isIntegrationEnabled())("TEST_DB_SHAKE", () => {
  let project: Project;
  beforeAll(() => {
    const packages = { vitest: join(root, "node_modules/vitest") };
    project = makeProject(packages, { ...MIGRATIONS, "package.json": '{ "type": "module" }' });
  });
  afterAll(() => project?.remove());
  const run = (between: string, env: Record<string, string>) => {
    project.write({ "shaken.it.test.ts": SUITE.replace("BETWEEN", between) });
    return project.run(["node", "node_modules/vitest/vitest.mjs", "run", "--reporter=verbose"], env);
  };
  const failed = (output: string): string[] =>
    [...output.matchAll(/[×✗] .* > (relies on .*?, \w+)/g)].map(([, name = ""]) => name);

  it.each(["reset", "truncate"])(
    "has a suite fail that relies on order or on id = 1, with %s between tests",
    (between) => {
      const plain = run(between, { TEST_DB_KEEP: "0" });
      expect(plain, plain.output).toMatchObject({ status: 0 });
      const shaken = run(between, { TEST_DB_SHAKE: "abc", TEST_DB_KEEP: "0" });
      const rounds = ["first", "second"].flatMap((round) => [
        `relies on id = 1, ${round}`,
        `relies on the order of the migrations' rows, ${round}`,
        `relies on the order of its own rows, ${round}`,
      ]);
      expect([...new Set(failed(shaken.output))], shaken.output).toEqual(rounds);
      expect(shaken.output).toContain("repeat with TEST_DB_SHAKE=abc\n");
      const received = (output: string): string[] => output.match(/^\s*[-+] .*"(id|red|green|blue).*$/gm) ?? [];
      const again = run(between, { TEST_DB_SHAKE: "abc", TEST_DB_KEEP: "0" });
      expect(received(again.output)).toEqual(received(shaken.output));
    },
  );

  it("draws a seed where it is told to, and says it again where a unit is kept", () => {
    const { output } = run("reset", { TEST_DB_SHAKE: "random", TEST_DB_KEEP: "on-failure" });
    const [, seed = ""] = /TEST_DB_SHAKE=random: .*; repeat with TEST_DB_SHAKE=([a-z0-9]{5})\n/.exec(output) ?? [];
    expect(seed, output).not.toBe("");
    expect(output).toContain(`it was shaken; repeat with TEST_DB_SHAKE=${seed}\n`);
    for (const [, name = ""] of output.matchAll(/npx with-test-db drop (it_\w+)/g))
      project.run(["node", "node_modules/with-test-db/dist/cli.mjs", "drop", name]);
  });
});
