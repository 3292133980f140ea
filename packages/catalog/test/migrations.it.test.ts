/** What the migrations promise: the model that the code counts on, and that rows of before come through each of them. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import { migrateTo, migrationTests, type PastDb } from "with-test-db/migrations";
import * as schema from "../src/schema/index.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

/** The constraint that refuses a query. */
const refusalOf = (query: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(query).then(
    () => "none",
    (error: { cause?: { constraint_name?: string; message?: string } }) =>
      error.cause?.constraint_name ?? error.cause?.message,
  );

describe.skipIf(!isIntegrationEnabled())("the catalog's model (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
  });
  afterAll(() => testDb?.dispose());
  beforeEach(() => testDb.reset());

  const lines = async (query: ReturnType<typeof sql>): Promise<unknown[]> =>
    [...(await testDb.db.execute(query))].map(({ line }) => line);
  const system = (more: Partial<typeof schema.systems.$inferInsert> = {}) =>
    testDb.db.insert(schema.systems).values({ id: "api", name: "Api", ...more });

  it("has these tables, with these keys", async () => {
    expect(
      await lines(sql`
        select conrelid::regclass::text || ' (' || string_agg(attname, ', ' order by at) || ')' as line
          from pg_constraint cross join unnest(conkey) with ordinality as key(number, at)
               join pg_attribute on attrelid = conrelid and attnum = number
         where contype = 'p' and connamespace = current_schema()::regnamespace group by conrelid order by 1`),
    ).toEqual([
      "audit_log (id)",
      "contacts (id)",
      "dependencies (system_id, depends_on_id, kind)",
      "deployments (id)",
      "environments (id)",
      "interfaces (id)",
      "lifecycle_transitions (from_lifecycle, to_lifecycle)",
      "links (id)",
      "people (id)",
      "runbooks (number)",
      "system_aliases (id)",
      "system_tags (system_id, tag_id)",
      "systems (id)",
      "tags (id)",
      "team_members (team_id, person_id)",
      "teams (id)",
    ]);
  });

  it("refers from table to table, and says what becomes of rows whose parent goes", async () => {
    expect(
      await lines(sql`
        select conrelid::regclass || '.' || attname || ' → ' || confrelid::regclass || case confdeltype
                 when 'c' then ', goes' when 'n' then ', is emptied' when 'r' then ', keeps it' end as line
          from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
         where contype = 'f' and connamespace = current_schema()::regnamespace order by 1`),
    ).toEqual([
      "contacts.system_id → systems, goes",
      "dependencies.depends_on_id → systems, goes",
      "dependencies.interface_id → interfaces, is emptied",
      "dependencies.system_id → systems, goes",
      "deployments.environment_id → environments, keeps it",
      "deployments.system_id → systems, goes",
      "interfaces.system_id → systems, goes",
      "links.system_id → systems, goes",
      "runbooks.reviewed_by → people, is emptied",
      "runbooks.system_id → systems, goes",
      "system_aliases.system_id → systems, goes",
      "system_tags.system_id → systems, goes",
      "system_tags.tag_id → tags, goes",
      "systems.owner_team_id → teams, is emptied",
      "team_members.person_id → people, goes",
      "team_members.team_id → teams, goes",
      "teams.parent_team_id → teams, is emptied",
    ]);
  });

  it("has an index for every column that refers to another table and is not the first of a key", async () => {
    expect(
      await lines(sql`
        select conrelid::regclass || '.' || attname as line
          from pg_constraint k join pg_attribute on attrelid = conrelid and attnum = conkey[1]
         where contype = 'f' and connamespace = current_schema()::regnamespace
           and not exists (select from pg_index i where i.indrelid = k.conrelid and i.indkey[0] = k.conkey[1]) order by 1`),
      // small tables, and columns that nobody looks up by
    ).toEqual([
      "dependencies.interface_id",
      "deployments.environment_id",
      "runbooks.reviewed_by",
      "teams.parent_team_id",
    ]);
  });

  it.each([
    ["an id that is no slug", { id: "No Slug" }, "systems_id_slug"],
    ["a blank name", { name: "  " }, "systems_name_not_blank"],
    ["a tier that there is not", { tier: 5 }, "systems_tier_range"],
    ["a name that differs in case alone", { id: "api-2", name: "API" }, "systems_name_lower_key"],
  ])("refuses a system with %s", async (_, more, constraint) => {
    await system({ id: "other", name: "api" });
    expect(await refusalOf(system({ name: "Web", ...more }))).toBe(constraint);
  });

  it("refuses a second primary contact of a kind, links that are no web pages, and systems that need themselves", async () => {
    await system();
    const { contacts, dependencies, links } = schema;
    const contact = { systemId: "api", kind: "email" as const, isPrimary: true };
    await testDb.db.insert(contacts).values({ ...contact, value: "a@example.org" });
    expect(await refusalOf(testDb.db.insert(contacts).values({ ...contact, value: "b@example.org" }))).toBe(
      "contacts_one_primary_per_kind",
    );
    await testDb.db.insert(contacts).values({ ...contact, isPrimary: false, value: "b@example.org" });
    const link = { systemId: "api", kind: "docs" as const, title: "Docs", url: "ftp://example.org" };
    expect(await refusalOf(testDb.db.insert(links).values(link))).toBe("links_url_http");
    expect(await refusalOf(testDb.db.insert(dependencies).values({ systemId: "api", dependsOnId: "api" }))).toBe(
      "dependencies_not_self",
    );
  });

  it("fills in what is left out", async () => {
    const [made] = await system().returning();
    expect(made).toMatchObject({ lifecycle: "experimental", tier: 3, description: null, ownerTeamId: null });
    expect(made?.updatedAt).toEqual(made?.createdAt);
    const [runbook] = await testDb.db.insert(schema.runbooks).values({ systemId: "api", title: "Restart" }).returning();
    expect(runbook).toMatchObject({ number: 100, code: "RB-100", body: "", reviewedAt: null });
    const [link] = await testDb.db
      .insert(schema.links)
      .values({ systemId: "api", kind: "docs", title: "Docs", url: "https://example.org" })
      .returning();
    expect(link).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), position: 0 });
  });

  it("notes when a system was changed, and not when it was only written again", async () => {
    const [made] = await system().returning();
    const write = async (name: string) =>
      (await testDb.db.update(schema.systems).set({ name }).where(eq(schema.systems.id, "api")).returning())[0]
        ?.updatedAt;
    expect(await write("Api")).toEqual(made?.updatedAt);
    expect((await write("Gateway"))?.getTime()).toBeGreaterThan(made?.updatedAt.getTime() ?? 0);
  });

  it("takes with a system all that is its own, and leaves what it shares", async () => {
    const [team] = await testDb.db.insert(schema.teams).values({ slug: "core", name: "Core" }).returning();
    await system({ ownerTeamId: team?.id ?? 0 });
    await system({ id: "web", name: "Web" });
    await testDb.db.insert(schema.contacts).values({ systemId: "api", kind: "chat", value: "#api" });
    await testDb.db.insert(schema.dependencies).values({ systemId: "web", dependsOnId: "api" });
    await testDb.db.insert(schema.systemTags).values({ systemId: "api", tagId: 1 });
    await testDb.db.insert(schema.deployments).values({ systemId: "api", environmentId: "staging", version: "1" });
    await testDb.db.delete(schema.systems).where(eq(schema.systems.id, "api"));
    const { contacts, dependencies, deployments, systemTags, tags, teams, systems } = schema;
    const counts = await Promise.all(
      [contacts, dependencies, deployments, systemTags, tags, teams, systems].map((table) => testDb.db.$count(table)),
    );
    expect(counts).toEqual([0, 0, 0, 0, 3, 1, 1]);
    expect(await refusalOf(testDb.db.delete(schema.environments).where(eq(schema.environments.id, "staging")))).toBe(
      "none",
    );
    await system({ ownerTeamId: team?.id ?? 0 });
    await testDb.db.delete(schema.teams);
    expect(await testDb.db.query.systems.findFirst({ where: eq(schema.systems.id, "api") })).toMatchObject({
      ownerTeamId: null,
    });
  });

  it("writes down each change as JSON, but for what is computed", async () => {
    await system({ description: 'says "hello"' });
    await testDb.db.update(schema.systems).set({ tier: 1 });
    await testDb.db.delete(schema.systems);
    const log = await testDb.db.select().from(schema.auditLog).orderBy(schema.auditLog.id);
    expect(log.map(({ action, before, after }) => [action, before?.["tier"], after?.["tier"]])).toEqual([
      ["insert", undefined, 3],
      ["update", 3, 1],
      ["delete", 1, undefined],
    ]);
    expect(log[0]).toMatchObject({
      tableName: "systems",
      rowId: "api",
      after: { description: 'says "hello"', owner_team_id: null },
    });
    expect(log[0]?.after).not.toHaveProperty("document");
    expect(await testDb.db.$count(schema.auditLog, sql`${schema.auditLog.after} @> '{"tier": 1}'`)).toBe(1);
  });

  it("has the values of an enumeration in the order in which they are meant", async () => {
    const [row] = await testDb.db.execute(
      sql`select enum_range(null::lifecycle)::text[] as all, enum_range('active'::lifecycle, null)::text[] as rest`,
    );
    expect(row).toEqual({
      all: ["experimental", "active", "deprecated", "retired"],
      rest: ["active", "deprecated", "retired"],
    });
  });

  it("follows dependencies once around a circle", async () => {
    for (const id of ["a", "b", "c"]) await system({ id, name: id });
    const needs = [
      ["b", "a"],
      ["c", "b"],
      ["a", "c"],
    ] as const;
    await testDb.db
      .insert(schema.dependencies)
      .values(needs.map(([systemId, dependsOnId]) => ({ systemId, dependsOnId })));
    expect([...(await testDb.db.execute(sql`select * from dependents_of('a') order by depth`))]).toEqual([
      { system_id: "b", depth: 1 },
      { system_id: "c", depth: 2 },
    ]);
  });
});

describe.skipIf(!isIntegrationEnabled())("the catalog's migrations, with rows from before (real Postgres)", () => {
  const shop = async (past: PastDb): Promise<void> => {
    await past.insert(schema.systems, [
      { id: "shop", name: "Shop", description: "Sells things", lifecycle: "active" },
      { id: "search", name: "Search" },
    ]);
    await past.insert(schema.links, { systemId: "shop", kind: "docs", title: "Docs", url: "https://example.org" });
  };

  it("0002 gives systems a tier and a document, and renames what contacts have", () =>
    migrateTo("0001", { migrationsFolder }, async (past) => {
      await shop(past);
      await past.db.execute(
        sql`insert into contacts (system_id, kind, address) values ('shop', 'email', 'shop@example.org')`,
      );
      await past.db.execute(sql`insert into people (email, display_name) values ('Ada@example.org', 'Ada')`);
      await past.migrateOn("0002");
      expect([
        ...(await past.db.execute(sql`select id, lifecycle, tier, document::text from systems order by id desc`)),
      ]).toEqual([
        { id: "shop", lifecycle: "active", tier: 3, document: "'sell':2 'shop':1 'thing':3" },
        { id: "search", lifecycle: "active", tier: 3, document: "'search':1" },
      ]);
      expect([...(await past.db.execute(sql`select value, updated_at is not null as touched from contacts`))]).toEqual([
        { value: "shop@example.org", touched: true },
      ]);
      expect(await past.db.execute(sql`select from people where email = 'ADA@EXAMPLE.ORG'`)).toHaveLength(1);
    }));

  it("0002 does not go where a system has an id that is no slug, and leaves all as it was", () =>
    migrateTo("0001", { migrationsFolder }, async (past) => {
      await past.insert(schema.systems, { id: "Old Shop", name: "Shop" });
      await expect(past.migrateOn()).rejects.toThrow(/0002_tags_members_search\.sql failed[\s\S]*systems_id_slug/);
      expect(past.at).toBe("0001_extensions");
      expect([...(await past.db.execute(sql`select id from systems`))]).toEqual([{ id: "Old Shop" }]);
    }));

  it("0005 makes interfaces of endpoints, and dependencies lead to them as before", () =>
    migrateTo("0004", { migrationsFolder }, async (past) => {
      await shop(past);
      await past.db.execute(sql`insert into endpoints (system_id, name, protocol) values ('search', 'query', 'http')`);
      await past.db.execute(
        sql`insert into dependencies (system_id, depends_on_id, endpoint_id) select 'shop', 'search', id from endpoints`,
      );
      await past.migrateOn();
      const rows = await past.db
        .select({ from: schema.dependencies.systemId, name: schema.interfaces.name, id: schema.interfaces.id })
        .from(schema.dependencies)
        .innerJoin(schema.interfaces, eq(schema.interfaces.id, schema.dependencies.interfaceId));
      expect(rows).toEqual([{ from: "shop", name: "query", id: 1000 }]);
      // the sequence goes on where it was
      await past.insert(schema.interfaces, { systemId: "search", name: "suggest", protocol: "events" });
      expect(await past.db.select({ id: schema.interfaces.id }).from(schema.interfaces)).toEqual([
        { id: 1000 },
        { id: 1001 },
      ]);
    }));
});

describe.skipIf(!isIntegrationEnabled())("each of the catalog's migrations", async () => {
  const before = async (past: PastDb): Promise<void> => {
    await past.insert(
      schema.systems,
      ["shop", "search", "mail"].map((id) => ({ id, name: id })),
    );
    await past.insert(schema.links, { systemId: "shop", kind: "docs", title: "Docs", url: "https://example.org" });
  };
  const need = async (past: PastDb): Promise<void> => {
    await before(past);
    await past.db.execute(sql`insert into dependencies (system_id, depends_on_id) values ('shop', 'search')`);
  };
  const tests = {
    "0001": { before },
    "0002": { before },
    "0003": { before },
    "0004": { before: need },
    "0005": { before: need },
    "0006": { before: need },
  };
  for (const migration of await migrationTests({ migrationsFolder, of: "all", tests })) {
    it(`${migration.tag} runs on tables with rows`, () => migration.run());
  }
});
