import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { useGround } from "../support/awkward.ts";

describe.skipIf(!isIntegrationEnabled())("functions in migrations", () => {
  const ground = useGround("routines");

  it("find their own unit, however they name what they use", () =>
    ground().of("function-bodies", { isolation: "database" }, async ({ a }) => {
      const [counts] =
        await a.client`select count_users(), count_quoted(), in_path(), in_quoted_path(), no_path(), atomic_return(1)`;
      expect(counts).toEqual({
        count_users: 2,
        count_quoted: 2,
        in_path: 2,
        in_quoted_path: 2,
        no_path: 2,
        atomic_return: 3,
      });
      expect(await a.client`select path_and_more(), dynamic('users'), declared(), described()`).toEqual([
        { path_and_more: "Ada,Bob", dynamic: 4, declared: "Adacross2", described: "4 2 1 true true" },
      ]);
      expect(await a.client`select what from log order by id`).toEqual([
        { what: "public" },
        { what: "public.holiday" },
      ]);
      expect(await a.client`select * from atomic()`).toEqual([
        { id: 1, name: "Ada" },
        { id: 2, name: "Bob" },
      ]);
      expect(await a.client`select greet('you'), greet(1, '!', '?') as user, moods(mood)::text from users`).toEqual([
        { greet: "hello you", user: "hello Ada!?", moods: "{calm,calm}" },
      ]);
      expect(await a.client`select ((befriend(u)).u).friends, (befriend(u)).total from users u where id = 1`).toEqual([
        { friends: 1, total: 2 },
      ]);
      expect(await a.client`select (first_of(array_agg(u))).name from all_users() u`).toEqual([{ name: "Ada" }]);
      await a.client.unsafe("call rename_user(1)").simple();
      expect(await a.client`select name, what from users, log where users.id = 1 order by log.id desc limit 1`).toEqual(
        [{ name: "public", what: "renamed" }],
      );
      await expect(a.client`select later()`).rejects.toMatchObject({ code: "42P01" });
      await a.client`create table made_later as select 'here' as x`;
      expect(await a.client`select later()`).toEqual([{ later: "here" }]);
    }));

  it("may need the tables that need them", () =>
    ground().of("circular", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`insert into nodes default values returning rank`).toEqual([{ rank: 8 }]);
      expect(await a.client`select * from first_ranked()`).toEqual([{ id: 1, rank: 7, next: 9 }]);
      await expect(a.client`insert into nodes (rank) values (100)`).rejects.toMatchObject({ constraint_name: "low" });
    }));

  it("never look into public when the schema's name is an argument", () =>
    ground().of("function-schema-argument", { isolation: "database" }, async ({ a }) => {
      expect(await a.client`select count_of('items'), count_in('items')`).toEqual([{ count_of: 1, count_in: 1 }]);
    }));

  it("go over the unit's own tables when they go over public's", () =>
    ground().of("function-loop", { isolation: "database" }, async ({ a }) => {
      await a.client`create table three (id serial primary key, updated_at timestamptz)`;
      await a.client`select watch_all()`;
      await a.client`insert into three default values`;
      expect(await a.client`update three set id = 2 returning updated_at::date::text as day`).toEqual([
        { day: "2026-01-01" },
      ]);
    }));

  it("fire as triggers, of every kind, in the unit", () =>
    ground().of("triggers", { isolation: "schema" }, async ({ a }) => {
      await a.client`update accounts set owner = 'Eve', balance = 6`;
      await a.client`update accounts set balance = 7`;
      await a.client`update accounts set owner = 'the public'`;
      await a.client`insert into rich (owner) values ('Bob')`;
      await a.client`insert into accounts (balance) select 1 from generate_series(1, 3)`;
      expect((await a.client`select what from history order by id`).map(({ what }) => what)).toEqual([
        "a_when UPDATE accounts it's|a;b|1|\\x",
        "g_always INSERT accounts always",
        "many 1",
        ...Array(3).fill("g_always INSERT accounts always"),
        "many 3",
      ]);
      const debt = a.client.begin(async (tx) => {
        await tx`update accounts set balance = -10000`;
        await tx`select 1`;
      });
      await expect(debt).rejects.toMatchObject({ message: "in debt" });
    }));

  it("take a database where a trigger's argument may be an object's name", () =>
    ground().of("trigger-names-object", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/the trigger pages_search says/);
      expect(await a.client`insert into pages (body) values ('The More') returning search`).toEqual([
        { search: "'more':2 'the':1" },
      ]);
    }));

  it("serve operators, operator classes and text search", () =>
    ground().of("operators", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select (total).amount::text, last from totals`).toEqual([{ amount: "5", last: "b" }]);
      expect(await a.client`select (double).amount::text, words::text from sales where id = 1`).toEqual([
        { amount: "4", words: "'all':1 'the':2 'words':3" },
      ]);
      await expect(a.client`insert into sales (price) values (row(0, 'EUR'))`).rejects.toMatchObject({ code: "23514" });
      await expect(a.client`insert into sales (price, open) values (row(1, 'EUR'), '[11,13)')`).rejects.toMatchObject({
        code: "23P01",
      });
      expect(
        await a.client`select row(1, 'X')::money_in === row(1, 'X') as same, 'aa'::text <# 'b'::text as shorter`,
      ).toEqual([{ same: true, shorter: false }]);
    }));

  it("take a database where casts are made with them", () =>
    ground().of("casts", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/made cast public\.color as integer/);
      expect(await a.client`insert into things (color) values ('red'::varchar) returning number`).toEqual([
        { number: 1 },
      ]);
    }));
});
