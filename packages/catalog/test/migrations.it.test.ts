/** What the migrations promise: the model that the code counts on, and that rows of before come through each of them. */
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { changes, countsOf, describeSchema, type SchemaDescription } from "with-test-db/assertions";
import { migrateTo, migrationTests, type PastDb } from "with-test-db/migrations";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

const testDb = await useTestDb({ schema, migrationsFolder, between: "truncate" });

/** Something of each table, by the tables' names. */
const ofTables = <T>({ tables }: SchemaDescription, pick: (table: SchemaDescription["tables"][string]) => T) =>
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, pick(table)]));

describe.skipIf(!isIntegrationEnabled())("the catalog's model (real Postgres)", () => {
  const { db } = testDb;

  it("has these tables, with these keys", async () => {
    expect(ofTables(await describeSchema(db), ({ primaryKey }) => primaryKey)).toEqual({
      audit_log: ["id"],
      contacts: ["id"],
      dependencies: ["system_id", "depends_on_id", "kind"],
      deployments: ["id"],
      environments: ["id"],
      interfaces: ["id"],
      lifecycle_transitions: ["from_lifecycle", "to_lifecycle"],
      links: ["id"],
      people: ["id"],
      runbooks: ["number"],
      system_aliases: ["id"],
      system_tags: ["system_id", "tag_id"],
      systems: ["id"],
      tags: ["id"],
      team_members: ["team_id", "person_id"],
      teams: ["id"],
      wait_lock_refs: ["wait_lock_id", "ref"],
      wait_locks: ["id"],
    });
  });

  it("refers from table to table, and says what becomes of rows whose parent goes", async () => {
    const keys = ofTables(await describeSchema(db), ({ foreignKeys }) =>
      Object.fromEntries(
        Object.values(foreignKeys).map(({ columns, references, onDelete }) => [
          columns.join(),
          `${references.table}: ${onDelete}`,
        ]),
      ),
    );
    expect(keys).toEqual({
      audit_log: {},
      contacts: { system_id: "systems: cascade" },
      dependencies: {
        system_id: "systems: cascade",
        depends_on_id: "systems: cascade",
        interface_id: "interfaces: set null",
      },
      deployments: { system_id: "systems: cascade", environment_id: "environments: restrict" },
      environments: {},
      interfaces: { system_id: "systems: cascade" },
      lifecycle_transitions: {},
      links: { system_id: "systems: cascade" },
      people: {},
      runbooks: { system_id: "systems: cascade", reviewed_by: "people: set null" },
      system_aliases: { system_id: "systems: cascade" },
      system_tags: { system_id: "systems: cascade", tag_id: "tags: cascade" },
      systems: { owner_team_id: "teams: set null" },
      tags: {},
      team_members: { team_id: "teams: cascade", person_id: "people: cascade" },
      teams: { parent_team_id: "teams: set null" },
      wait_lock_refs: { wait_lock_id: "wait_locks: cascade" },
      wait_locks: { system_id: "systems: cascade" },
    });
  });

  it("has an index for every column that refers to another table and is not the first of a key", async () => {
    const { tables } = await describeSchema(db);
    const without = Object.entries(tables).flatMap(([name, { foreignKeys, indexes, primaryKey, uniques }]) => {
      const first = [
        primaryKey,
        ...[uniques, indexes].flatMap((each) => Object.values(each).map((one) => one.columns)),
      ];
      return Object.values(foreignKeys).flatMap(({ columns: [column] }) =>
        first.some((columns) => columns?.[0] === column) ? [] : [`${name}.${column}`],
      );
    });
    // small tables, and columns that nobody looks up by
    expect(without.sort()).toEqual(["deployments.environment_id", "runbooks.reviewed_by", "teams.parent_team_id"]);
  });

  it("has these enumerations, in the order in which their values are meant", async () => {
    expect((await describeSchema(db)).enums).toEqual({
      audit_action: ["insert", "update", "delete"],
      contact_kind: ["email", "chat", "pager"],
      dependency_kind: ["runtime", "build"],
      lifecycle: ["experimental", "active", "deprecated", "retired"],
      link_kind: ["repository", "dashboard", "docs"],
      member_role: ["member", "lead"],
      protocol: ["http", "grpc", "events"],
    });
    const [row] = await db.execute(sql`select enum_range('active'::lifecycle, null)::text[] as rest`);
    expect(row).toEqual({ rest: ["active", "deprecated", "retired"] });
  });

  it.each([
    ["an id that is no slug", { id: "No Slug" }, "systems_id_slug"],
    ["a blank name", { name: "  " }, "systems_name_not_blank"],
    ["a tier that there is not", { tier: 5 }, "systems_tier_range"],
  ])("refuses a system with %s", async (_, values, constraint) => {
    await expect(make.systems.create(db, values)).toViolateCheck(constraint);
  });

  it("refuses a system with a name that differs in case alone", async () => {
    await make.systems.create(db, { name: "api" });
    await expect(make.systems.create(db, { name: "API" })).toViolateUnique("systems_name_lower_key");
  });

  it("refuses a second primary contact of a kind, links that are no web pages, and systems that need themselves", async () => {
    const { systemId, kind } = await make.contacts.with("primary").create(db);
    const { contacts } = schema;
    const second = make.contacts.with("primary").create(db, { systemId, kind });
    await expect(second).toViolateUnique([contacts.systemId, contacts.kind]);
    await make.contacts.create(db, { systemId, kind });
    await expect(make.links.create(db, { url: "ftp://example.org" })).toViolateCheck("links_url_http");
    await expect(make.dependencies.create(db, { systemId, dependsOnId: systemId })).toViolateCheck(
      "dependencies_not_self",
    );
  });

  it("fills in what is left out", async () => {
    const [system] = await db.insert(schema.systems).values({ id: "api", name: "Api" }).returning();
    expect(system).toMatchObject({ lifecycle: "experimental", tier: 3, description: null, ownerTeamId: null });
    expect(system?.updatedAt).toEqual(system?.createdAt);
    const [runbook] = await db.insert(schema.runbooks).values({ systemId: "api", title: "Restart" }).returning();
    expect(runbook).toMatchObject({ code: `RB-${runbook?.number}`, body: "", reviewedAt: null, version: 1 });
    const [link] = await db
      .insert(schema.links)
      .values({ systemId: "api", kind: "docs", title: "Docs", url: "https://example.org" })
      .returning();
    expect(link).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), position: 0 });
  });

  it("begins the numbers of runbooks and interfaces where nobody takes them for places in a list", async () => {
    const starts = await db.execute(sql`
      select seqrelid::regclass::text as name, seqstart::integer as start from pg_sequence
       where seqrelid in ('runbook_number'::regclass, 'endpoints_id_seq'::regclass) order by 1`);
    expect([...starts]).toEqual([
      { name: "endpoints_id_seq", start: 1000 },
      { name: "runbook_number", start: 100 },
    ]);
  });

  it("notes when a system was changed, and not when it was only written again", async () => {
    const { id, name } = await make.systems.create(db);
    const write = (to: string) =>
      changes(db, () => db.update(schema.systems).set({ name: to }).where(eq(schema.systems.id, id)));
    expect(await write(name)).toEqual({ audit_log: { inserted: [expect.objectContaining({ action: "update" })] } });
    expect((await write("Gateway"))["systems"]?.updated).toEqual([
      expect.objectContaining({ after: { name: "Gateway", document: "'gateway':1", updated_at: expect.any(Date) } }),
    ]);
  });

  it("takes with a system all that is its own, and leaves what it shares", async () => {
    const whole = make.systems.having({
      contacts: [make.contacts, 1],
      deployments: [make.deployments, 1],
      needs: [make.dependencies, 1, "systemId"],
      neededBy: [make.dependencies, 1, "dependsOnId"],
      tags: [make.systemTags, 1],
    });
    const { id } = await whole.create(db, { ownerTeamId: make.teams });
    await whole.create(db, { ownerTeamId: make.teams });
    const written = await changes(db, () => db.delete(schema.systems).where(eq(schema.systems.id, id)));
    expect(countsOf(written)).toEqual({
      systems: { deleted: 1 },
      contacts: { deleted: 1 },
      deployments: { deleted: 1 },
      dependencies: { deleted: 2 },
      system_tags: { deleted: 1 },
      audit_log: { inserted: 2 },
    });
  });

  it("lets an environment go that nothing was deployed to, and a team without its systems", async () => {
    const { environmentId } = await make.deployments.create(db);
    await expect(db.delete(schema.environments).where(eq(schema.environments.id, environmentId))).toViolateForeignKey(
      "deployments_environment_id_environments_id_fk",
    );
    await db.delete(schema.environments).where(eq(schema.environments.id, "staging"));
    const { id } = await make.systems.create(db, { ownerTeamId: make.teams });
    await db.delete(schema.teams);
    expect(await db.query.systems.findFirst({ where: eq(schema.systems.id, id) })).toMatchObject({ ownerTeamId: null });
  });

  it("writes down each change as JSON, but for what is computed", async () => {
    const { id } = await make.systems.create(db, { description: 'says "hello"' });
    await db.update(schema.systems).set({ tier: 1 });
    await db.delete(schema.systems);
    const log = await db.select().from(schema.auditLog).orderBy(schema.auditLog.id);
    expect(log.map(({ action, before, after }) => [action, before?.["tier"], after?.["tier"]])).toEqual([
      ["insert", undefined, 3],
      ["update", 3, 1],
      ["delete", 1, undefined],
    ]);
    expect(log[0]).toMatchObject({
      tableName: "systems",
      rowId: id,
      after: { description: 'says "hello"', owner_team_id: null },
    });
    expect(log[0]?.after).not.toHaveProperty("document");
    expect(await db.$count(schema.auditLog, sql`${schema.auditLog.after} @> '{"tier": 1}'`)).toBe(1);
  });

  it("follows dependencies once around a circle", async () => {
    const [a, b, c] = (await make.systems.createMany(db, 3)).map(({ id }) => id);
    await make.dependencies.create(db, { systemId: b, dependsOnId: a });
    await make.dependencies.create(db, { systemId: c, dependsOnId: b });
    await make.dependencies.create(db, { systemId: a, dependsOnId: c });
    expect([...(await db.execute(sql`select * from dependents_of(${a}) order by depth`))]).toEqual([
      { system_id: b, depth: 1 },
      { system_id: c, depth: 2 },
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
      const [endpoint] = await past.db.execute<{ id: number }>(
        sql`insert into endpoints (system_id, name, protocol) values ('search', 'query', 'http') returning id::integer`,
      );
      const id = endpoint?.id ?? 0;
      await past.db.execute(
        sql`insert into dependencies (system_id, depends_on_id, endpoint_id) values ('shop', 'search', ${id})`,
      );
      await past.migrateOn();
      const { dependencies, interfaces } = schema;
      const rows = await past.db
        .select({ from: dependencies.systemId, name: interfaces.name, id: interfaces.id })
        .from(dependencies)
        .innerJoin(interfaces, eq(interfaces.id, dependencies.interfaceId));
      expect(rows).toEqual([{ from: "shop", name: "query", id }]);
      // the sequence goes on where it was
      await past.insert(interfaces, { systemId: "search", name: "suggest", protocol: "events" });
      expect(await past.db.select({ id: interfaces.id }).from(interfaces).orderBy(interfaces.id)).toEqual([
        { id },
        { id: id + 1 },
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
    "0007": { before: need },
    "0008": {
      before: async (past: PastDb) => {
        await need(past);
        await past.insert(schema.runbooks, { systemId: "shop", title: "Restart" });
      },
      after: async ({ db }: PastDb) => {
        expect(await db.select().from(schema.runbooks)).toMatchObject([{ title: "Restart", version: 1 }]);
      },
    },
  };
  for (const migration of await migrationTests({ migrationsFolder, of: "all", tests })) {
    it(`${migration.tag} runs on tables with rows`, () => migration.run());
  }
});
