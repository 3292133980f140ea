import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { useGround } from "../support/awkward.ts";

describe.skipIf(!isIntegrationEnabled())("tables, views and types in migrations", () => {
  const ground = useGround("relations");

  it("are views on the unit's own tables, whatever they lean on", () =>
    ground().of("views", { isolation: "schema" }, async ({ a }) => {
      await a.client`insert into taxed (gross) values (11.9)`;
      await a.client`update orders set total = 11 where id = 1`;
      expect(await a.client`select gross::text from taxed order by number`.values()).toEqual([
        ["13.09"],
        ["23.80"],
        ["35.70"],
        ["47.60"],
        ["11.90"],
      ]);
      expect(await a.client`select * from copies`).toEqual([{ id: 1, at: "public.orders" }]);
      await expect(a.client`update open_orders set state = 'closed'`).rejects.toMatchObject({ code: "44000" });
      expect(await a.client`insert into "some" (id) values (99) returning who`).toEqual([{ who: "public" }]);
      expect(await a.client`select customer, sum::text from per_customer order by 1`).toEqual([
        { customer: "Ada", sum: "47.60" },
        { customer: "Bob", sum: "23.80" },
        { customer: "Eve", sum: "47.60" },
      ]);
      await expect(a.client`select * from empty`).rejects.toMatchObject({ code: "55000" });
      await a.client`refresh materialized view concurrently per_customer`;
      await a.client`refresh materialized view of_that`;
      await a.client`refresh materialized view empty`;
      expect(await a.client`select customer from empty order by sum`).toEqual([
        { customer: "Eve" },
        { customer: "Ada" },
      ]);
      expect(await a.client`select n from counted`).toHaveLength(3);
      expect(await a.client`select id, place::integer, word, elem from many_forms order by elem limit 1`).toEqual([
        { id: 99, place: 1, word: "public.holiday", elem: "a" },
      ]);
    }));

  it("take a database where a materialized view is behind its tables", () =>
    ground().of("matview-behind", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/rows total differs/);
      expect(await a.client`select sum from total`).toEqual([{ sum: 3 }]);
    }));

  it("are partitions that take what is theirs, and children of tables", () =>
    ground().of("partitions", { isolation: "schema" }, async ({ a }) => {
      const made =
        await a.client`insert into events (at, region) values ('2024-01-01', 'south'), ('2025-01-02', 'south'), ('2026-01-02', 'south'), ('2026-01-02', 'north')
        returning tableoid::regclass::text as in, body, id::integer`;
      expect(made).toEqual([
        { in: "events_before", body: { in: "events_before" }, id: 4 },
        { in: "events_2025", body: null, id: 5 },
        { in: "events_2026_rest", body: { in: "events_2026_rest" }, id: 6 },
        { in: "events_2026_north", body: { in: "events_2026_north" }, id: 7 },
      ]);
      await a.client`delete from events where region = 'public'`;
      expect(await a.client`select region::text from remarks order by id`).toHaveLength(2);
      await expect(
        a.client`insert into hashed values (repeat('x', 11), 1), (repeat('y', 11), 1), (repeat('z', 12), 1)`,
      ).rejects.toMatchObject({ code: "23514" });
      expect(await a.client`select tableoid::regclass::text as in, legs from animals order by 1`).toEqual([
        { in: "animals", legs: 4 },
        { in: "dogs", legs: 4 },
      ]);
      await expect(a.client`insert into dogs (name) values ('')`).rejects.toMatchObject({ constraint_name: "named" });
      await a.client`insert into dogs (name) values ('public')`;
    }));

  it("are constraints, also those that the rows break", () =>
    ground().of("constraints", { isolation: "schema" }, async ({ a }) => {
      await expect(a.client`insert into parents values (3, 'x')`).rejects.toMatchObject({ code: "23514" });
      await expect(a.client`update parents set code = 'deux' where id = 2`).rejects.toMatchObject({
        constraint_name: "broken",
      });
      await a.client
        .begin(async (tx) => {
          await tx`insert into children (id, parent, n) values (3, 103, 7)`.catch(() => {});
        })
        .catch(() => {});
      await a.client
        .begin(async (tx) => {
          await tx`insert into children (id, parent) values (4, 104)`.catch((error) => {
            expect(error).toMatchObject({ constraint_name: "children_n_key" });
          });
        })
        .catch(() => {});
      await a.client.begin(async (tx) => {
        await tx`alter table parents drop constraint broken`;
        await tx`insert into children (id, parent, n) values (5, 105, 1)`;
        await tx`insert into parents (id, code) values (105, 'five')`;
      });
      expect(await a.client`select parent from children where id = 5`).toEqual([{ parent: 105 }]);
      await a.client`update parents set code = 'uno' where id = 1`;
      expect(await a.client`select code from children where id = 1`).toEqual([{ code: "uno" }]);
      await expect(a.client`insert into children (id, n) values (6, 20), (7, 21)`).rejects.toMatchObject({
        code: "23503",
      });
    }));

  it("take a database where a check asks another table for what is not there yet", () =>
    ground().of("check-reads-table", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/does not replay: new row for relation "addresses" violates check constraint/);
      await expect(a.client`insert into addresses (zone) values ('nowhere')`).rejects.toMatchObject({ code: "23514" });
    }));

  it("are columns that count on", () =>
    ground().of("columns", { isolation: "database" }, async ({ a }) => {
      const next = () => a.client`insert into rows (i) values ('x') returning a, b::integer, c, d, e, f, g, h`;
      expect(await next()).toEqual([{ a: 4, b: 540, c: 5, d: -15, e: -18, f: 18, g: 38, h: "public.x!" }]);
      expect(await next()).toEqual([{ a: 5, b: 550, c: 6, d: -21, e: -24, f: 20, g: 42, h: "public.x!" }]);
      expect(await a.client`select nextval('untouched')::integer as n`).toEqual([{ n: 77 }]);
      await a.client`alter table rows drop column i cascade`;
      await expect(a.client`select nextval('loose')`).rejects.toMatchObject({ code: "42P01" });
    }));

  it("are types of the project's own", () =>
    ground().of("types", { isolation: "schema" }, async ({ a }) => {
      expect(
        await a.client`select enum_range(null::size)::text as labels, (boxes).public.name, (box).size::text from shelf`,
      ).toEqual([{ labels: "{xs,s,m,public}", name: "a", size: "s" }]);
      await expect(a.client`insert into shelf (small) values (10)`).rejects.toMatchObject({
        constraint_name: "small_check",
      });
      await expect(a.client`insert into shelf (small) values (-1)`).rejects.toMatchObject({ constraint_name: "above" });
      await expect(a.client`insert into shelf (box) values (row(null, 'x'))`).rejects.toMatchObject({ code: "23514" });
      expect(await a.client`select ((was).box).name, ("all")[1].id from history where id = 1`).toEqual([
        { name: "public.shelf", id: 1 },
      ]);
    }));

  it("are ICU's collations, where the server knows ICU", async ({ skip }) => {
    const icu = await ground().session.rows("select 1 as found from pg_collation where collprovider = 'i' limit 1");
    if (icu.length === 0) skip();
    await ground().of("icu-collation", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select name from files order by name`).toEqual([{ name: "a9" }, { name: "a10" }]);
      await expect(a.client`insert into files values ('b', 'ADA')`).rejects.toMatchObject({ code: "23505" });
    });
  });

  it("keep the details that nobody looks at", () =>
    ground().of("details", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select obj_description(${a.schemaName}::regnamespace, 'pg_namespace') as comment`).toEqual([
        { comment: "public things" },
      ]);
    }));

  it("are what years of changes left of them", () =>
    ground().of("history", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select full_name, years, kind::text, last from oldest()`).toEqual([
        { full_name: "Bob", years: 40, kind: "old", last: "public" },
      ]);
      expect(await a.client`select age from names order by 1`).toEqual([{ age: 36 }, { age: 40 }]);
      expect(await a.client`insert into visits (person_id) values (1) returning id`).toEqual([{ id: 5 }]);
      await expect(a.client`insert into people (full_name) values ('Ada')`).rejects.toMatchObject({
        constraint_name: "clients_name_key",
      });
    }));

  // a trial of the check fails: no domain can be altered whose values are in a composite type's
  it("are domains in composite types", () => ground().of("domain-in-composite", { isolation: "schema" }));

  it("may have rows that hold the names of objects", () =>
    ground().of("rows-name-objects", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select "table"::text, "table" = 'watched'::regclass as same from watched`).toEqual([
        { table: "watched", same: true },
      ]);
    }));

  it("take a database where a column came to a parent after its children had theirs", () =>
    ground().of("inherited-later", { isolation: "database" }, async ({ a }) => {
      expect(await a.client`select * from dogs`.values()).toEqual([[1, "Rex", "Ada", 4]]);
    }));

  // a range brings a cast to its multirange, and casts count as made outside of public
  it("are ranges", () =>
    ground().of("ranges", { isolation: "schema" }, async ({ a }) => {
      await expect(a.client`insert into shifts (open) values ('[11:00,13:00)')`).rejects.toMatchObject({
        code: "23P01",
      });
    }));

  it("take a database where foreign keys are switched off", () =>
    ground().of("switched-off-keys", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/does not replay: .* violates foreign key constraint "children_parent_fkey"/);
      await a.client`insert into children (parent) values (8)`;
    }));
});
