/** Which line built a query, of both lines of Drizzle: a function leaves it to its caller to await. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BUILDERS } from "../../src/prove/worker/builders.ts";
import { SourceLines } from "../../src/prove/worker/source-lines.ts";

/** What of Drizzle is used here: the two lines have types of their own. */
interface Db {
  select(): { from(table: unknown): PromiseLike<unknown> & { prepare(name: string): { execute(): Promise<unknown> } } };
  delete(table: unknown): PromiseLike<unknown>;
  execute(text: unknown): PromiseLike<unknown>;
  $count(table: unknown): PromiseLike<unknown>;
}

const text = readFileSync(fileURLToPath(import.meta.url), "utf8").split("\n");
const lineWith = (part: string): unknown =>
  expect.stringContaining(`test/prove/builders.test.ts:${text.findIndex((line) => line.includes(part)) + 1}:`);

describe.each([
  ["0.45", "../../package.json"],
  ["1.0", "../../packages/drizzle-1/package.json"],
])("the line of a query by drizzle-orm %s", (_, place) => {
  const require = createRequire(new URL(place, import.meta.url));
  const lines = new SourceLines(() => false);
  for (const module of BUILDERS) lines.watch(require(module));
  const { integer, pgTable } = require("drizzle-orm/pg-core");
  const { sql } = require("drizzle-orm");
  const seen: (string | undefined)[] = [];
  const db: Db = require("drizzle-orm/pg-proxy").drizzle(async () => {
    seen.push(lines.find());
    return { rows: [] };
  });
  const teams = pgTable("teams", { id: integer() });

  const built: readonly (readonly [string, () => PromiseLike<unknown>])[] = [
    ["select", () => db.select().from(teams)],
    ["delete", () => db.delete(teams)],
    ["execute", () => db.execute(sql`select 1`)],
    ["$count", () => db.$count(teams)],
  ];

  it.each(built)("is where %s was begun, not where it was awaited", async (name, build) => {
    seen.length = 0;
    const query = build();
    await Promise.resolve();
    await Promise.resolve(query).catch(() => {});
    expect(seen).toEqual([lineWith(`["${name}"`)]);
  });

  it("is where a prepared one was begun", async () => {
    seen.length = 0;
    const prepared = db.select().from(teams).prepare("all_teams"); // prepared
    await prepared.execute();
    expect(seen).toEqual([lineWith("// prepared")]);
  });
});
