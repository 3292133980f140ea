import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { useGround } from "../support/awkward.ts";

describe.skipIf(!isIntegrationEnabled())("extensions in migrations", () => {
  const ground = useGround("extensions");

  it("are where the migrations put them, for all units", () =>
    ground().of("extensions", { isolation: "schema" }, async ({ a, b }) => {
      expect(await a.client`select nick, color, close, label from colored where email = 'ADA@EXAMPLE.ORG'`).toEqual([
        { nick: "Ada", color: "red", close: 1, label: "Countess" },
      ]);
      await expect(a.client`insert into people (email) values ('nowhere')`).rejects.toMatchObject({ code: "23514" });
      await expect(a.client`insert into people (email, nick) values ('a@b', 'Root')`).rejects.toMatchObject({
        constraint_name: "people_nick",
      });
      await expect(a.client`insert into bookings values (1, '[2026-01-01,2026-01-03)')`).rejects.toMatchObject({
        constraint_name: "no_double_booking",
      });
      const [made] =
        await a.client`insert into people (email) values ('b@c') returning nick, length(token) as token, has_color, aliases::text[]`;
      expect(made).toEqual({ nick: "Nobody", token: 16, has_color: false, aliases: ["A"] });
      expect(await a.client`select * from nicks_like('{ADA}', 'nobod') as nick`).toEqual([
        { nick: "Ada" },
        { nick: "Nobody" },
      ]);
      expect(
        await a.client`select same_nick('A', 'a'), atomic('ADA'), left(hash('x'), 4) as hash, joined(nick) from people where email = 'b@c'`,
      ).toEqual([{ same_nick: true, atomic: true, hash: "2d71", joined: "Nobody" }]);
      expect(await a.client`select to_tsvector('plain', 'Čapek') as words`).toEqual([{ words: "'capek':1" }]);
      expect(await b.client`select count(*)::integer as n from people`).toEqual([{ n: 1 }]);
      const places =
        await a.client`select distinct extnamespace::regnamespace::text as place from pg_extension where extname <> 'plpgsql'`;
      expect(places).toEqual([{ place: "public" }]);
    }));

  it("may have names that the project has, too", () =>
    ground().of("extension-names", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select * from alike`).toEqual([{ id: 1, by_title: 1, by_pages: 1 }]);
    }));

  it("take a database where they are in a schema of their own", () =>
    ground().of("extension-schema", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/made schema extensions/);
      expect(await a.client`select word from words where word operator(extensions.=) 'PUBLIC'`).toEqual([
        { word: "Public" },
      ]);
    }));

  it("take a database where rights on them were changed", () =>
    ground().of("extension-members-changed", { isolation: "database" }, async ({ a, said }) => {
      expect(said.join()).toMatch(/grants on function public\.crypt/);
      expect(await a.client`select proacl::text as acl from pg_proc where proname = 'crypt'`).toEqual([
        { acl: expect.not.stringContaining("{=X") },
      ]);
    }));

  const seg = "create extension if not exists seg with schema public";

  it("are used where the database that was named has them, whatever else is there", () =>
    ground().of("extension-in-target", { isolation: "schema", decoy: seg }, async ({ a }) => {
      expect(await a.client`select current_schemas(false)::text[] as path`).toEqual([
        { path: [a.schemaName, "public"] },
      ]);
      expect(await a.client`select id from readings where seg && '1.5 .. 3'::seg`).toEqual([{ id: 1 }]);
    }));
});
