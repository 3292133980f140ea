/** TEST_DB_SHAKE where little can be turned, and for a user who may not leave triggers and foreign keys out. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnRole, openOwnRole } from "../support/own-role.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({
  "0000_two": `
    CREATE TABLE "two" ("id" smallint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (MAXVALUE 9), "name" text);--> statement-breakpoint
    CREATE TABLE "referred" ("id" serial PRIMARY KEY);--> statement-breakpoint
    CREATE TABLE "referring" ("id" serial PRIMARY KEY, "referred_id" integer NOT NULL REFERENCES "referred" ON DELETE CASCADE);--> statement-breakpoint
    CREATE TABLE "ruled" ("id" serial PRIMARY KEY);--> statement-breakpoint
    CREATE SEQUENCE "down" INCREMENT -1 START 5 MINVALUE 1 MAXVALUE 5;--> statement-breakpoint
    CREATE SEQUENCE "full" START 5 MAXVALUE 5;--> statement-breakpoint
    INSERT INTO "two" ("name") VALUES ('a'), ('b');--> statement-breakpoint
    INSERT INTO "referred" DEFAULT VALUES;--> statement-breakpoint
    INSERT INTO "referred" DEFAULT VALUES;--> statement-breakpoint
    INSERT INTO "referring" ("referred_id") VALUES (2), (1);--> statement-breakpoint
    INSERT INTO "ruled" DEFAULT VALUES;--> statement-breakpoint
    INSERT INTO "ruled" DEFAULT VALUES;--> statement-breakpoint
    CREATE RULE "keeps" AS ON DELETE TO "ruled" DO INSTEAD NOTHING;`,
});
const ORDER = `
  select (select json_agg(id order by ctid)::text from two) as two, (select json_agg(id order by ctid)::text from referred) as referred,
         (select json_agg(id order by ctid)::text from referring) as referring, (select json_agg(id order by ctid)::text from ruled) as ruled`;
const BEFORE = { two: "[1, 2]", referred: "[1, 2]", referring: "[1, 2]", ruled: "[1, 2]" };

describe.skipIf(!isIntegrationEnabled())("TEST_DB_SHAKE", () => {
  let role: OwnRole;
  beforeAll(async () => {
    role = await openOwnRole(`it_shake_${Date.now().toString(36)}`);
  });
  afterEach(() => vi.unstubAllEnvs());
  // what is proven in the background has to be over
  afterAll(() => vi.waitFor(() => role?.drop(), SOON));

  const turned = "[2, 1]";
  it.each([
    ["schema", "anybody", { ...BEFORE, two: turned, referring: turned }],
    ["database", "anybody", { ...BEFORE, two: turned, referring: turned }],
    ["schema", "a superuser", { ...BEFORE, two: turned, referring: turned, referred: turned }],
    ["database", "a superuser", { ...BEFORE, two: turned, referring: turned, referred: turned }],
  ] as const)("turns what can be turned in a %s of %s, whatever the seed", async (isolation, user, expected) => {
    for (const seed of ["1", "2", "3", "4"]) {
      vi.stubEnv("TEST_DB_SHAKE", seed);
      const url = user === "anybody" ? { url: role.url } : {};
      const testDb = await withTestDb({ schema: {}, migrationsFolder, isolation, ...url });
      expect(await testDb.client.unsafe(ORDER)).toEqual([expected]);
      const [ids] = await testDb.client`insert into two (name) values ('c') returning id`;
      expect(ids?.["id"]).toBeGreaterThan(3);
      const [steps] = await testDb.client`select nextval('down')::int as down, nextval('"full"')::int as full`;
      expect(steps?.["down"]).toBeLessThan(5);
      expect(steps?.["full"]).toBe(5);
      await testDb.dispose();
    }
  });

  it.each(["", "0", "off", "False"])("is off where it says %j", async (value) => {
    vi.stubEnv("TEST_DB_SHAKE", value);
    const testDb = await withTestDb({ schema: {}, migrationsFolder });
    expect(await testDb.client.unsafe(ORDER)).toEqual([BEFORE]);
    expect(await testDb.client`select current_setting('enable_seqscan') as scans`).toEqual([{ scans: "on" }]);
    await testDb.dispose();
  });
});
