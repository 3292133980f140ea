import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import * as kit from "../../drizzle/qualified-by-kit/schema.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { formFolder, useGround } from "../support/awkward.ts";

describe.skipIf(!isIntegrationEnabled())("names in migrations", () => {
  const ground = useGround("names");

  it("are the unit's where drizzle-kit qualified them", async () => {
    await ground().of("qualified-by-kit", { isolation: "schema" }, async ({ a }) => {
      await expect(a.client`select nextval('invoice_number')::integer as n`).resolves.toEqual([{ n: 1000 }]);
      await expect(a.client`select 'rent'::line_kind`).rejects.toMatchObject({ code: "22P02" });
    });
    const options = { schema: kit, migrationsFolder: formFolder("qualified-by-kit"), url: ground().url };
    await withTestDb(options, async ({ db }) => {
      const [account] = await db
        .insert(kit.accounts)
        .values({ name: "Ada", plans: ["public"] })
        .returning();
      const accountId = account?.id ?? "";
      const [invoice] = await db.insert(kit.invoices).values({ year: 2026, accountId }).returning();
      expect(invoice).toEqual({ number: 1000, year: 2026, accountId, state: "draft", due: null });
      const [product] = await db.insert(kit.products).values({ code: "a", price: "1.5" }).returning();
      expect(product).toMatchObject({ id: 1, code: "a   " });
      await db.insert(kit.invoiceLines).values({ year: 2026, number: 1000, productId: 1, kind: "public" });
      expect(await db.execute(sql`select * from ${kit.openInvoices}`)).toEqual([
        { year: 2026, number: 1000, name: "Ada" },
      ]);
      await db.refreshMaterializedView(kit.accountPlans);
      expect(await db.execute(sql`select * from ${kit.accountPlans}`)).toEqual([{ plan: "free", n: 1 }]);
      await db.delete(kit.accounts);
      expect(await db.$count(kit.invoiceLines)).toBe(0);
    });
  });

  it("are the unit's where they are qualified by hand", () =>
    ground().of("bare-public", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`insert into members (team_id) values (1) returning ticket, role, roles::text[]`).toEqual([
        { ticket: "510", role: "member", roles: ["member"] },
      ]);
      expect(await a.client`select name, (team_of(id)).slug from owners order by id`).toEqual([
        { name: "Public", slug: "public" },
        { name: "public.teams", slug: "public.teams" },
      ]);
      await a.client`delete from teams`;
      expect(await a.client`select from members`).toHaveLength(0);
    }));

  it("are kept to the letter where they need quoting", () =>
    ground().of("hostile-names", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select "from", "where"::text, "public" from "view ""of"" user" order by 1`).toEqual([
        { from: 1, where: "public", public: "public.user" },
        { from: 2, where: "public", public: "public.user" },
      ]);
      expect(
        await a.client`update "user" set "a.b" = '$$' where "select" = 1 returning "Order By", "back\\slash" as b`,
      ).toEqual([{ "Order By": "touched; user", b: "back\\slash\n'quote" }]);
      expect(await a.client`select "Do It!"(3) as it`).toEqual([{ it: "public.x3" }]);
      await expect(a.client`insert into "user" ("user") values ('public.user')`).rejects.toMatchObject({
        code: "23514",
      });
      await expect(a.client`insert into "user" ("Order By") values ('public.x')`).rejects.toMatchObject({
        constraint_name: 'CHECK "me".please;',
      });
      expect(await a.client`insert into "UPPER" default values returning "Id"`).toEqual([{ Id: 8 }]);
    }));

  it("take a database where functions may mean the word public otherwise", async () => {
    await ground().of("called-public", { isolation: "database" }, async ({ a }) => {
      expect(await a.client`select * from aliased`).toEqual([{ id: 1, word: "public", other_id: 1 }]);
      expect(await a.client`select scope::text from fields order by id`).toHaveLength(2);
      expect(await a.client`select in_body() as n`).toEqual([{ n: 1 }]);
      await expect(a.client`update posts set public = 'not public.posts'`).rejects.toMatchObject({
        constraint_name: "public",
      });
    });
    await ground().of("table-called-public", { isolation: "database" }, async ({ a }) => {
      expect(await a.client`select id, public from insert_public('x')`).toEqual([{ id: 3, public: "x" }]);
      expect(await a.client`select count_public()::integer as n`).toEqual([{ n: 3 }]);
      await a.client`insert into other (public_id) values (3)`;
      expect(await a.client`select * from joined`).toEqual([{ id: 3, other_id: 1 }]);
    });
  });

  it("may be an alias public", () =>
    ground().of("alias-called-public", { isolation: "schema" }, async ({ a }) => {
      expect(await a.client`select * from texts`).toEqual([{ notes: "first", id: 1 }]);
    }));
});
