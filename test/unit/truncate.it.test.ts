/** truncate() for a user who may not leave triggers and foreign keys out. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnRole, openOwnRole } from "../support/own-role.ts";
import { SOON } from "../support/soon.ts";

/** Names and their order are against the direction of the keys. */
const migrationsFolder = journalFolder({
  "0000_keys": `
    CREATE TABLE "z" ("id" serial PRIMARY KEY, "name" text);--> statement-breakpoint
    CREATE TABLE "m" ("id" serial PRIMARY KEY, "z_id" integer NOT NULL REFERENCES "z" ON DELETE CASCADE);--> statement-breakpoint
    CREATE TABLE "a" ("id" serial PRIMARY KEY, "m_id" integer NOT NULL REFERENCES "m" ON DELETE RESTRICT);--> statement-breakpoint
    CREATE TABLE "empty" ("id" serial PRIMARY KEY, "a_id" integer REFERENCES "a");--> statement-breakpoint
    CREATE FUNCTION "refuse"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;--> statement-breakpoint
    INSERT INTO "z" ("name") VALUES ('one'), ('two');--> statement-breakpoint
    INSERT INTO "m" ("z_id") VALUES (2), (1);--> statement-breakpoint
    INSERT INTO "a" ("m_id") VALUES (1), (2);--> statement-breakpoint
    CREATE TRIGGER "refuses" BEFORE INSERT ON "z" FOR EACH ROW WHEN (NEW.name IN ('one', 'two')) EXECUTE FUNCTION "refuse"();--> statement-breakpoint
    CREATE TRIGGER "refuses_truncate" BEFORE TRUNCATE ON "a" EXECUTE FUNCTION "refuse"();`,
});
const CONTENT = `
  select (select json_agg(z order by ctid) from z) as z, (select json_agg(m order by ctid) from m) as m,
         (select json_agg(a order by ctid) from a) as a, (select json_agg(e) from empty e) as empty,
         (select string_agg(concat(tgname, tgenabled), ' ' order by tgname) from pg_trigger where not tgisinternal and tgrelid in ('a'::regclass, 'z'::regclass)) as fires`;

describe.skipIf(!isIntegrationEnabled())("truncate() for a role without privileges", () => {
  let role: OwnRole;
  beforeAll(async () => {
    role = await openOwnRole(`it_truncate_${Date.now().toString(36)}`);
  });
  // what is proven in the background has to be over
  afterAll(() => vi.waitFor(() => role?.drop(), SOON));

  it.each(["schema", "database"] as const)("brings rows back in the order of their keys: a %s", async (isolation) => {
    const testDb = await withTestDb({ schema: {}, migrationsFolder, url: role.url, isolation });
    const { client } = testDb;
    const before = await client.unsafe(CONTENT);
    await client`insert into empty (a_id) values (1)`;
    await client`insert into z (name) values ('three')`;
    await testDb.truncate();
    expect(await client.unsafe(CONTENT)).toEqual(before);
    await client.unsafe("delete from a; delete from z");
    expect(await client`insert into z (name) values ('three') returning id`).toEqual([{ id: 3 }]);
    await testDb.truncate();
    expect(await client.unsafe(CONTENT)).toEqual(before);
    await expect(client`insert into z (name) values ('one')`).rejects.toThrow("refused");
    await testDb.dispose();
  });
});
