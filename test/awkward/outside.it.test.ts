import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as own from "../../drizzle/own-schemas/schema.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { formFolder, listen, useGround } from "../support/awkward.ts";

const roles = ["awkward_reader", "awkward_writer", "awkward_app", "awkward_admin"];

describe.skipIf(!isIntegrationEnabled())("migrations that reach outside of public", () => {
  const ground = useGround("outside", roles);
  const prepare = (form: string) => [join(formFolder(form), "prepare.sql")];

  it("take a database for schemas of their own", async () => {
    await ground().of("own-schemas", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/made schema "Audit Log"; made schema billing; refers to .*billing/);
      await expect(a.client`insert into shipments (order_id) values (1)`).rejects.toMatchObject({ code: "23503" });
    });
    const options = { schema: own, migrationsFolder: formFolder("own-schemas"), url: ground().url };
    await withTestDb(options, async ({ db }) => {
      await db.insert(own.customers).values({ name: "Ada" });
      await db.insert(own.orders).values({ customerId: 1 });
      await db.insert(own.shipments).values({ orderId: 1, status: "closed" });
      await db.insert(own.events).values({ shipmentId: 1, what: "sent" });
      expect(await db.select({ id: own.orders.id, status: own.orders.status }).from(own.orders)).toEqual([
        { id: 1, status: "open" },
      ]);
    });
    await expect(withTestDb({ ...options, isolation: "schema" })).rejects.toMatchObject({
      code: "ISOLATION_REFUSED",
      message: expect.stringContaining('made schema "Audit Log"; made schema billing'),
    });
  });

  it("take a database for policies and triggers on what they found", () =>
    ground().of(
      "policies-elsewhere",
      { isolation: "database", prepare: prepare("policies-elsewhere") },
      async ({ a, said }) => {
        expect(said.join()).toMatch(/policy storage\.objects\."own files"/);
        expect(said.join()).toMatch(/trigger auth\.users\.on_sign_up/);
        await a.client`insert into auth.users (email) values ('eve@example.org')`;
        expect(await a.client`select name from profiles order by 1`).toEqual([{ name: "bob" }, { name: "eve" }]);
      },
    ));

  it("stay in a schema where they lean on functions that they found, until a test changes one", async () => {
    await ground().of("platform-used", { isolation: "schema", prepare: prepare("platform-used") }, async ({ a }) => {
      const { client } = a;
      const [row] = await client.begin(async (tx) => {
        await tx`select set_config('request.user', '00000000-0000-0000-0000-000000000001', true)`;
        return tx`insert into notes default values returning owner`;
      });
      expect(row).toEqual({ owner: "00000000-0000-0000-0000-000000000001" });
    });
    const options = {
      schema: {},
      migrationsFolder: formFolder("platform-used"),
      prepare: prepare("platform-used"),
      url: ground().url,
    };
    await withTestDb(options, async ({ isolation, client }) => {
      expect(isolation).toBe("schema");
      await client`create or replace function auth.uid() returns uuid language sql stable as 'select null::uuid'`;
    });
    const { said, ended } = listen();
    await withTestDb(options, async ({ isolation }) => expect(isolation).toBe("database")).finally(ended);
    expect(said.join()).toMatch(/a test changed the function auth\.uid\(\), which all units have in common/);
  });

  it.each([
    ["publications", /publication realtime/],
    ["event-triggers", /event trigger log_tables/],
    ["large-objects", /large object 4711/],
    ["default-privileges-global", /default privileges/],
    ["foreign-data", /foreign server files/],
    ["public-renamed", /schema app/],
    ["public-gone", /schema tenant/],
  ])("take a database for %s", (form, reason) =>
    ground().of(form, { isolation: "database" }, async ({ said, outside }) => {
      expect(said.join()).toMatch(reason);
      await expect(
        withTestDb({ schema: {}, migrationsFolder: formFolder(form), url: ground().url, isolation: "schema" }),
      ).rejects.toMatchObject({ code: "ISOLATION_REFUSED" });
      expect(
        await outside.rows(
          "select 1 as found from pg_publication union all select 1 from pg_event_trigger union all select 1 from pg_largeobject_metadata",
        ),
      ).toEqual([]);
    }),
  );

  it("have event triggers that fire in their unit alone", () =>
    ground().of("event-triggers", { isolation: "database" }, async ({ a, outside }) => {
      await a.client`create table made (id integer)`;
      await outside.script("create table public.elsewhere (id integer); drop table public.elsewhere");
      expect(await a.client`select tag from ddl_log`).toHaveLength(2);
    }));

  // CREATE DATABASE … TEMPLATE leaves them behind
  it("take a database with the settings that they gave it", () =>
    ground().of("database-settings", { isolation: "database" }, async ({ a }) => {
      expect(
        await a.client`select current_setting('TimeZone') as zone, current_setting('app.mode', true) as mode`,
      ).toEqual([{ zone: "Asia/Kathmandu", mode: "test" }]);
    }));

  it("stay in a schema where default privileges are public's own", () =>
    ground().of("default-privileges", { isolation: "schema" }, async ({ a }) => {
      await a.client`create table later (id serial primary key)`;
      expect(await a.client`select relacl::text as acl from pg_class where oid = 'later'::regclass`).toEqual([
        { acl: expect.stringMatching(/[{,]=r\//) },
      ]);
    }));

  it("stay in a schema where roles may look into it, and see what policies let them", async () => {
    await ground().session.script(
      "create role awkward_reader; create role awkward_writer; grant awkward_reader, awkward_writer to current_user",
    );
    await ground().of("row-security", { isolation: "schema" }, async ({ a, b }) => {
      const as = <T>(role: string, query: string) =>
        a.client.begin(async (tx) => {
          await tx.unsafe(`set local role ${role}`);
          return (await tx.unsafe(query)) as unknown as T;
        });
      expect(await as("awkward_reader", "select id, text from notes order by id")).toEqual([
        { id: 1, text: "mine" },
        { id: 2, text: "public" },
      ]);
      expect(await as("awkward_reader", "select id from mine order by id")).toHaveLength(2);
      expect(await as("awkward_reader", "select count_all()::integer, count_mine()::integer")).toEqual([
        { count_all: 3, count_mine: 2 },
      ]);
      await expect(as("awkward_reader", "select secret from notes")).rejects.toMatchObject({ code: "42501" });
      await expect(as("awkward_writer", "select count_all()")).rejects.toMatchObject({ code: "42501" });
      await expect(as("awkward_writer", "insert into notes (owner) values ('x')")).rejects.toMatchObject({
        code: "42501",
      });
      expect(await as("awkward_writer", "insert into notes (text) values ('w') returning id, owner")).toEqual([
        { id: 5, owner: "awkward_writer" },
      ]);
      await as("awkward_writer", "alter table theirs add column more text");
      await expect(as("awkward_writer", `select * from ${b.schemaName}.mine`)).rejects.toMatchObject({ code: "42501" });
    });
  });

  it("stay in a schema where they make roles, which are said and belong to everybody", async () => {
    const { said, ended } = listen();
    const options = { schema: {}, migrationsFolder: formFolder("roles"), url: ground().url };
    await withTestDb(options, async ({ isolation }) => expect(isolation).toBe("schema")).finally(ended);
    expect(said.join()).toMatch(/the migrations made awkward_admin: roles belong to the whole server, not to a unit/);
    expect(said.join()).toMatch(/the migrations made awkward_app: roles/);
    await ground().of("roles", { isolation: "schema" }, async ({ a, outside }) => {
      expect(
        await outside.rows("select rolname as name from pg_roles where rolname like 'awkward_a%' order by 1"),
      ).toEqual([{ name: "awkward_admin" }, { name: "awkward_app" }]);
      expect(
        await a.client.begin(async (tx) => {
          await tx`set local role awkward_app`;
          return tx`select id from owned`;
        }),
      ).toEqual([{ id: 1 }]);
    });
  });

  it("stay in a schema where public was made anew", () =>
    ground().of("public-made-anew", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select to_regclass('before') as before, id, text from after`).toEqual([
        { before: null, id: 1, text: "public" },
      ]);
    }));

  it("stay in a schema where what they made elsewhere ended in public", () =>
    ground().of("moved-between-schemas", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select kinds()::integer as n`).toEqual([{ n: 2 }]);
      expect(await a.client`insert into items default values returning id, kind`).toEqual([{ id: 3, kind: "a" }]);
    }));

  it("stay in a schema where rights on public were given", () =>
    ground().of("schema-granted", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select nspacl::text as acl from pg_namespace where nspname = ${a.schemaName}`).toEqual([
        { acl: expect.stringMatching(/[{,]=UC\//) },
      ]);
    }));
});
