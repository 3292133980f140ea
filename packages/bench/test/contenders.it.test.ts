import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { median } from "simple-statistics";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { openBetweenTests, WAYS, type Way } from "../src/between-tests.ts";
import type { Ask, Contender } from "../src/contender.ts";
import { oneQuery } from "../src/contender.ts";
import { type ContenderName, loadContender } from "../src/contenders/index.ts";
import { liveFor } from "../src/live-for.ts";
import { writeProject } from "../src/project.ts";
import { readProject } from "../src/real-project.ts";
import { countRoundTrips } from "../src/round-trips.ts";
import { type Server, startServer } from "../src/server.ts";
import { emptyPlace, type Stage, setStage } from "../src/stage.ts";

/** How many relations, types and rows a project of 30 tables makes; what a contender shows must be all of it. */
const CONTENT = `
  select count(*) filter (where c.relkind = 'r' and c.relname <> '__drizzle_migrations')::int as tables,
         count(*) filter (where c.relkind = 'v')::int as views,
         count(*) filter (where c.relkind = 'i' and c.relname not like '\\_\\_drizzle%')::int as indexes,
         (select count(*)::int from pg_type t where t.typnamespace = current_schema()::regnamespace and t.typtype = 'e') as enums,
         (select count(*)::int from pg_trigger t join pg_class r on r.oid = t.tgrelid
           where r.relnamespace = current_schema()::regnamespace and not t.tgisinternal) as triggers
    from pg_class c where c.relnamespace = current_schema()::regnamespace`;
const COMPLETE = { tables: 30, views: 3, indexes: expect.any(Number), enums: 5, triggers: 8 };

const ISOLATED: ContenderName[] = [
  ...([
    "ours",
    "oursNew",
    "oursDatabase",
    "migrateSchema",
    "migrateDatabase",
    "template",
    "templateFileCopy",
    "pglite",
  ] as const),
];
const NOT_ISOLATED: ContenderName[] = ["bare", "bareTuned", "shared"];

describe.skipIf(!isIntegrationEnabled())("the contenders", () => {
  let folder: string;
  let server: Server;
  let stage: Stage;
  let indexes: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bench-contenders-"));
    server = await startServer("tmpfs", folder);
    stage = await setStage(server, writeProject(folder, 30, 35));
    const shared = postgres(stage.place.url.shared, { max: 1 });
    [{ indexes }] = (await shared.unsafe(CONTENT)) as unknown as [{ indexes: number }];
    await shared.end();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const insert = (): string => `insert into "${stage.place.project.written[0]}" ("name") values (gen_random_uuid())`;
  const count = async (ask: Ask): Promise<unknown> =>
    (await ask(`select count(*)::int as n from "${stage.place.project.written[0]}"`))[0]?.["n"];
  const leftovers = async (): Promise<unknown[]> => [
    ...(await server.admin`select datname from pg_database where datname like 'suite%'`),
  ];

  it.each(ISOLATED)(
    "%s gives each suite all of the project, and nothing of the last suite's",
    { timeout: 60_000 },
    async (name) => {
      const contender = await loadContender(name);
      await contender.open?.(stage.place);
      const seen: unknown[] = [];
      for (let life = 0; life < 2; life++) {
        await contender.live(stage.place, async (ask) => {
          expect((await ask(CONTENT))[0]).toEqual({ ...COMPLETE, indexes });
          await oneQuery(stage.place)(ask);
          seen.push(await count(ask));
          await ask(insert());
          seen.push(await count(ask));
        });
      }
      await contender.close?.();
      expect(seen).toEqual([0, 1, 0, 1]);
      expect(await leftovers()).toEqual([]);
    },
  );

  it.each(NOT_ISOLATED)("%s works on everybody's rows", async (name) => {
    const contender: Contender = await loadContender(name);
    await contender.open?.(stage.place);
    let before: unknown;
    await contender.live(stage.place, async (ask) => {
      expect((await ask(CONTENT))[0]).toMatchObject({ tables: 30 });
      before = await count(ask);
      await ask(insert());
    });
    await contender.live(stage.place, async (ask) => {
      expect(await count(ask)).toBe(Number(before) + 1);
    });
  });

  it("templateFileCopy has the template's files copied, where template has every block of them logged", async () => {
    const logged = async (name: ContenderName): Promise<number> => {
      const contender = await loadContender(name);
      await contender.open?.(stage.place);
      const [before] = await server.admin`select pg_current_wal_insert_lsn()::text as lsn`;
      await contender.live(stage.place, oneQuery(stage.place));
      const [row] = await server.admin`
        select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), ${before?.["lsn"]}::pg_lsn)::int as bytes`;
      await contender.close?.();
      return row?.["bytes"];
    };
    const blocks = await logged("template");
    expect(blocks).toBeGreaterThan(2 ** 20);
    expect(await logged("templateFileCopy")).toBeLessThan(blocks / 4);
  });

  it("bareMigrate works in a database that is empty before", async () => {
    const [place, drop] = await emptyPlace(stage, "for_bare_migrate");
    const contender = await loadContender("bareMigrate");
    await contender.live(place, async (ask) => {
      expect((await ask(CONTENT))[0]).toEqual({ ...COMPLETE, indexes });
    });
    await drop();
  });

  it("reuses a unit where it says that it does, and not where it doesn't", async () => {
    const oids = async (name: ContenderName): Promise<unknown[]> => {
      const contender = await loadContender(name);
      await contender.open?.(stage.place);
      const seen: unknown[] = [];
      for (let life = 0; life < 2; life++) {
        let home = "";
        await contender.live(stage.place, async (ask) => {
          const [row] = await ask(
            name === "oursDatabase"
              ? "select oid::int, shobj_description(oid, 'pg_database') as mark from pg_database where datname = current_database()"
              : "select current_schema()::regnamespace::oid::int as oid, current_database() as home",
          );
          seen.push(row?.["oid"]);
          home = String(row?.["home"] ?? /it_home_\w+/.exec(String(row?.["mark"])));
        });
        // a unit is used again once it is back in the pool
        const client = postgres(server.url(home), { max: 1 });
        const returned = () => client`select name from with_test_db.unit where state = 'returned'`;
        await expect.poll(returned, { timeout: 15_000 }).toHaveLength(0);
        await client.end();
        await server.settle();
      }
      return seen;
    };
    expect(new Set(await oids("ours")).size).toBe(1);
    expect(new Set(await oids("oursDatabase")).size).toBe(1);
    expect(new Set(await oids("oursNew")).size).toBe(2);
  });

  it("counts lives whose answer was checked, and those only", async () => {
    const bare = await loadContender("bare");
    let lives = 0;
    const counted: Contender = {
      live: (place, use) =>
        bare.live(place, async (ask) => {
          await use(ask);
          lives++;
        }),
    };
    expect(await liveFor(counted, stage.place, 200)).toEqual({ lives, ms: expect.any(Number) });
    expect(lives).toBeGreaterThan(0);
    const idle: Contender = { async live() {} };
    expect(await liveFor(idle, stage.place, 1)).toMatchObject({ lives: 0 });
    const { project } = stage.place;
    const wrong = { ...project, seeded: { ...project.seeded, rows: project.seeded.rows + 1 } };
    await expect(liveFor(bare, { ...stage.place, project: wrong }, 200)).rejects.toThrow(/rows instead of/);
  });

  it.runIf(process.platform === "linux")(
    "reads the processor time of connections that have ended, and not that of its own",
    { timeout: 60_000 },
    async () => {
      const work = "select count(md5(n::text)) from generate_series(1, 3000000) n";
      const cost = async (run: () => Promise<unknown>): Promise<number> => {
        const before = await server.processorTime?.();
        await run();
        return Number(await server.processorTime?.()) - Number(before);
      };
      const ofOthers = await cost(async () => {
        const client = postgres(stage.place.url.shared, { max: 1 });
        await client.unsafe(work);
        await client.end();
      });
      const ofItsOwn = await cost(() => server.admin.unsafe(work));
      expect(ofOthers).toBeGreaterThan(50);
      expect(ofItsOwn).toBeLessThan(ofOthers / 2);
    },
  );

  it.each(Object.keys(WAYS) as Way[])("%s leaves none of the rows of the test", async (way) => {
    const between = await openBetweenTests(stage.place);
    // it looks for itself, and throws
    expect(await between.clean(way)).toBeGreaterThan(0);
    expect(await between.clean(way)).toBeGreaterThan(0);
    await between.close();
  });

  it("finds out of a project that is there what it knows of one that it made up", async () => {
    const { project } = stage.place;
    const found = readProject(project.migrationsFolder);
    expect(found.migrations).toBe(35);
    const { place } = await setStage(server, found, "real");
    const { tables, seeded } = place.project;
    expect(tables).toBe(30);
    expect(seeded.rows).toBeGreaterThanOrEqual(project.seeded.rows);
    for (const name of ["bare", "ours"] as const) {
      const contender = await loadContender(name);
      await contender.open?.(place);
      await contender.live(place, oneQuery(place));
    }
  });

  it("says of a folder without migrations that it has none", () => {
    expect(() => readProject(folder)).toThrow(/_journal\.json/);
  });

  it("counts the round trips of two statements as two", async () => {
    const { own, within } = await countRoundTrips(stage.place);
    expect(median(own)).toBe(2);
    expect(median(within)).toBeGreaterThan(2);
  });
});
