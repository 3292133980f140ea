import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { useGround } from "../support/awkward.ts";

describe.skipIf(!isIntegrationEnabled())("rows in migrations", () => {
  const ground = useGround("rows");

  it("come to the unit to the letter, and what follows them goes on from there", () =>
    ground().of("seed-rows", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`insert into cities (country) values ('aa') returning id`).toEqual([{ id: 4 }]);
      expect(await a.client`insert into values ("text") values (${"back\\slash"}) returning id, twice`).toEqual([
        { id: 28, twice: "back\\slashback\\slash" },
      ]);
      await expect(a.client`insert into countries values ('cc', 'C')`).rejects.toMatchObject({
        message: "no more countries",
      });
      await expect(a.client`update countries set capital = 99`).rejects.toMatchObject({ constraint_name: "capital" });
      expect(
        await a.client`select text from values where text like 'it\\_%' or text like 'NULL' or text like 'public%' order by id`.values(),
      ).toEqual([["NULL"], ["public"], ["public."], ["it_aaaaaaaaaaaaaa.x"]]);
    }));

  // rows are compared in their physical order, which no replay can promise once a page is full
  it("are the same ten thousand in every unit, random ones too", () =>
    ground().of("many-rows", { isolation: "schema", differsEachTime: /^rows @\.many .*/ }, async ({ a, b }) => {
      const hash = "select count(*)::integer as n, md5(string_agg(m::text, '' order by ctid)) as hash from many m";
      const [rows] = await a.client.unsafe(hash);
      expect(rows?.["n"]).toBe(9000);
      expect(await b.client.unsafe(hash)).toEqual([rows]);
      expect(await a.client`insert into many default values returning id`).toEqual([{ id: 10_001 }]);
    }));

  it("may be made from others, and from temporary tables that are gone", () =>
    ground().of("seed-references", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select name from roles order by id`.values()).toEqual([["admin!"], ["public!"], ["stays"]]);
      expect(await a.client`insert into users (role) values (1) returning id::integer`).toEqual([{ id: 103 }]);
      expect(await a.client`select to_regclass('stays') as stays, to_regclass('names') as names`).toEqual([
        { stays: null, names: null },
      ]);
    }));
});
