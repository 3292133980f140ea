/** A small application with two suites, as files of a project: one that notices every alteration, and one with known weak spots. */

/** Queries of an application. In CommonJS, which all runners load. */
const TEAMS = `
const { and, asc, count, eq, gte, isNull } = require("drizzle-orm");
const { integer, pgTable, primaryKey, text, timestamp } = require("drizzle-orm/pg-core");

const teams = pgTable("teams", {
  id: integer().primaryKey(),
  orgId: integer("org_id").notNull(),
  name: text().notNull(),
  deletedAt: timestamp("deleted_at"),
});
const members = pgTable(
  "members",
  {
    teamId: integer("team_id").notNull().references(() => teams.id),
    email: text().notNull(),
    age: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.teamId, table.email] })],
);

module.exports = {
  teams,
  members,
  list: (db, orgId, most) =>
    db
      .select({ id: teams.id, name: teams.name })
      .from(teams)
      .where(and(eq(teams.orgId, orgId), isNull(teams.deletedAt)))
      .orderBy(asc(teams.name))
      .limit(most),
  find: (db, id) => db.select().from(teams).where(eq(teams.id, id)).limit(1),
  rename: (db, orgId, id, name) =>
    db.transaction((tx) => tx.update(teams).set({ name }).where(and(eq(teams.id, id), eq(teams.orgId, orgId)))),
  join: (db, teamId, email, age) =>
    db
      .insert(members)
      .values({ teamId, email, age })
      .onConflictDoUpdate({ target: [members.teamId, members.email], set: { age } }),
  leave: (db, email) => db.delete(members).where(eq(members.email, email)),
  sizes: (db, age) =>
    db
      .select({ id: teams.id, size: count(members.email) })
      .from(teams)
      .leftJoin(members, and(eq(members.teamId, teams.id), gte(members.age, age)))
      .groupBy(teams.id)
      .orderBy(asc(teams.id)),
  // postgres.js itself, which the caller awaits
  names: (client, orgId) => client\`select name from teams where org_id = \${orgId} order by name\`,
  owners: (db) => db.select({ email: members.email, team: teams.name }).from(members).innerJoin(teams, eq(teams.id, members.teamId)),
};
`;

const CASES = `
const assert = require("node:assert/strict");
const app = require("../src/teams.cjs");

const fill = async (db) => {
  await db.insert(app.teams).values([
    { id: 1, orgId: 1, name: "b" },
    { id: 2, orgId: 1, name: "a" },
    { id: 3, orgId: 1, name: "c" },
    { id: 4, orgId: 2, name: "1" },
    { id: 5, orgId: 1, name: "0", deletedAt: new Date(0) },
  ]);
  await db.insert(app.members).values([
    { teamId: 1, email: "x", age: 20 },
    { teamId: 1, email: "y", age: 18 },
    { teamId: 2, email: "x", age: 17 },
  ]);
};
const members = (db) => db.select().from(app.members).orderBy(app.members.teamId, app.members.email);

exports.strong = async (db, client) => {
  await fill(db);
  if (client) assert.deepEqual([...(await app.names(client, 1))].map(({ name }) => name), ["0", "a", "b", "c"]);
  assert.deepEqual(await app.list(db, 1, 2), [{ id: 2, name: "a" }, { id: 1, name: "b" }]);
  assert.equal((await app.find(db, 2))[0].name, "a");
  assert.deepEqual(await app.find(db, 9), []);
  await app.rename(db, 1, 1, "B");
  await app.rename(db, 1, 4, "D");
  assert.equal((await db.select().from(app.teams)).map(({ name }) => name).sort().join(), "0,1,B,a,c");
  assert.deepEqual(await app.sizes(db, 18), [1, 2, 3, 4, 5].map((id) => ({ id, size: id === 1 ? 2 : 0 })));
  assert.deepEqual((await app.owners(db)).map(({ email, team }) => email + team).sort(), ["xB", "xa", "yB"]);
  await app.join(db, 2, "x", 30);
  await app.join(db, 3, "z", 40);
  await app.leave(db, "y");
  assert.deepEqual((await members(db)).map(({ email, age }) => email + age), ["x20", "x30", "z40"]);
};

exports.weak = async (db) => {
  await db.insert(app.teams).values([{ id: 1, orgId: 1, name: "a" }, { id: 2, orgId: 1, name: "b" }]);
  assert.equal((await app.list(db, 1, 5)).length, 2);
  assert.equal((await app.find(db, 1))[0].name, "a");
  await app.rename(db, 1, 1, "A");
  await app.join(db, 1, "x", 20);
  await app.join(db, 1, "x", 21);
  assert.equal((await members(db)).length, 1);
  assert.equal((await app.owners(db))[0].team, "A");
};
`;

const withLibrary = (runner: string, check: string): string => `
import { withTestDb, isIntegrationEnabled } from "with-test-db";
${runner}
import cases from "./cases.cjs";
describe.skipIf(!isIntegrationEnabled())("teams", () => {
  it("work", async () => {
    const testDb = await withTestDb({ migrationsFolder: "drizzle" });
    try {
      await cases.${check}(testDb.db, testDb.client);
    } finally {
      await testDb.dispose();
    }
  });
});
`;

const withoutLibrary = (check: string): string => `
import { test } from "node:test";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import cases from "./cases.cjs";
test("teams work", async () => {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
  try {
    await cases.${check}(drizzle(pool));
  } finally {
    await pool.end();
  }
});
`;

const withJest = (check: string): string => `
const { withTestDb } = require("with-test-db");
const cases = require("./cases.cjs");
test("teams work", async () => {
  const testDb = await withTestDb({ migrationsFolder: "drizzle" });
  try {
    await cases.${check}(testDb.db);
  } finally {
    await testDb.dispose();
  }
}, 60_000);
`;

const JOURNAL = {
  version: "7",
  dialect: "postgresql",
  entries: [{ idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_teams", breakpoints: false }],
};

const VITEST = `import { describe, it } from "vitest";`;

export const APPLICATION: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ type: "module", scripts: { weak: "vitest run test/weak" } }),
  "drizzle/meta/_journal.json": JSON.stringify(JOURNAL),
  "drizzle/0000_teams.sql": `
    CREATE TABLE teams (id integer PRIMARY KEY, org_id integer NOT NULL, name text NOT NULL, deleted_at timestamp);
    CREATE TABLE members (team_id integer NOT NULL REFERENCES teams, email text NOT NULL, age integer NOT NULL, PRIMARY KEY (team_id, email));`,
  "drizzle.config.js": `export default { dialect: "postgresql", out: "drizzle" };`,
  "vitest.config.js": `export default { test: { include: ["test/*.spec.js"] } };`,
  "jest.config.cjs": `module.exports = { testMatch: ["**/test/*.jest.cjs"] };`,
  "src/teams.cjs": TEAMS,
  "test/cases.cjs": CASES,
  "test/strong.spec.js": withLibrary(VITEST, "strong"),
  "test/weak.spec.js": withLibrary(VITEST, "weak"),
  "test/strong.node.js": withoutLibrary("strong"),
  "test/weak.node.js": withoutLibrary("weak"),
  "test/weak.jest.cjs": withJest("weak"),
  "test/failing.spec.js": `import { expect, it } from "vitest"; it("fails", () => expect(1).toBe(2));`,
  "test/idle.spec.js": `import { it } from "vitest"; it("asks nothing", () => {});`,
};
