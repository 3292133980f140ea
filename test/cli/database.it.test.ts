/** `with-test-db database …` of the built package, in a project of its own. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inSession, openSession } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { databaseKey } from "../../src/migrations/fingerprint.ts";
import { describeTarget, onDatabase } from "../../src/target/target.ts";
import { type Said, type } from "../support/command-line.ts";
import { installedProject } from "../support/installed-project.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";

const ID = Date.now().toString(36);
const NAME = `acme_shop_${ID}_test`;
const entry = { idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_plans", breakpoints: true };

describe.skipIf(!isIntegrationEnabled())("with-test-db database", () => {
  let own: OwnDatabase;
  const project = installedProject("database", ["drizzle-orm", "postgres"], {
    "package.json": JSON.stringify({ name: `@acme/shop-${ID}` }),
    "drizzle/meta/_journal.json": JSON.stringify({ version: "7", dialect: "postgresql", entries: [entry] }),
    "drizzle/0000_plans.sql": "CREATE TABLE plans (code text); INSERT INTO plans VALUES ('free');",
  });
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_standing_cli_${ID}`);
  });
  afterAll(async () => {
    await dropDatabase(own.server, NAME);
    await sweep(own.server, { homeAge: 0, freeAge: 0, beside: databaseKey(own.target) });
    await own.drop();
    rmSync(project, { recursive: true, force: true });
  });

  const program = join(project, "node_modules/with-test-db/dist/cli.mjs");
  const say = (args: readonly string[], url = own.url, interrupted?: Promise<unknown>): Promise<Said> =>
    type(["database", ...args], { program, cwd: project, env: { TEST_DB_URL: url, NO_COLOR: "1" }, interrupted });

  it("makes it, looks into it, and drops it, for people and as JSON", async () => {
    const at = describeTarget(onDatabase(own.target, NAME));
    expect(await say([])).toEqual({ out: `made ${at}, with 1 migration\n`, err: "", code: 0 });
    expect(JSON.parse((await say(["setup", "--json"])).out)).toEqual({ database: at, created: false, ran: [] });
    const standing = await openSession(onDatabase(own.target, NAME), { search_path: "public" });
    await standing.script("insert into plans values ('mine'); create table extra ()");
    expect((await say(["status"])).out).toMatch(
      new RegExp(
        `^${at}  \\d+ kB\nmigrations: 1 applied, 0 pending\ntables: 2\n  extra  0 rows\n  plans  2 rows\nsessions: 1\n  ${standing.pid}  ${own.target.user}  with-test-db  idle since \\S+\n$`,
      ),
    );
    const verified = await say(["verify", "--json"]);
    expect(verified).toMatchObject({ err: "", code: 1 });
    expect(JSON.parse(verified.out)).toMatchObject({
      isSame: false,
      differences: [{ kind: "table", name: "extra", how: "extra", migrations: null, database: null }],
    });
    await standing.script("drop table extra");
    expect((await say(["clean"])).out).toBe(`  plans  2 rows, now 1\ncleaned ${at}\n`);
    expect(await say(["verify"])).toEqual({ out: `${at} is what the migrations make\n`, err: "", code: 0 });
    // with the session in it
    expect((await say(["drop"])).out).toBe(`dropped ${at}\n`);
    await standing.close();
    const failed = await say(["clean", "--json"]);
    expect(failed).toMatchObject({ err: "", code: 2 });
    expect(JSON.parse(failed.out)).toMatchObject({
      error: { code: "TARGET_INVALID", next: `npx with-test-db database setup --name ${NAME}` },
    });
  });

  it("leaves nothing where it is interrupted in the middle", async () => {
    await say(["setup"]);
    const inside = onDatabase(own.target, NAME);
    const there = (): Promise<unknown[]> =>
      own.server.rows("select 1 as found from pg_stat_activity where datname = $1::text and wait_event_type = 'Lock'", [
        NAME,
      ]);
    await inSession(inside, async (other) => {
      await other.script("begin; select from public.plans");
      const waits = vi.waitFor(async () => expect(await there()).toHaveLength(1), SOON);
      expect(await say(["clean"], own.url, waits)).toMatchObject({ out: "", code: 130 });
    });
    const left = await own.server.rows("select datname from pg_database where datname like 'it\\_reference\\_%'");
    expect(left).toEqual([]);
    expect((await say(["verify"])).code).toBe(0);
  });

  it("is refused on the embedded server, which forgets", async () => {
    const refused = await say([], "");
    expect(refused).toMatchObject({ out: "", code: 2 });
    expect(refused.err).toMatch(/^A standing database needs a server that stays.*code: TARGET_REFUSED\n$/s);
  });
});
