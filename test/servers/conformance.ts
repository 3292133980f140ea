/** What must hold on every server: a unit of either kind has what the migrations make, works, and leaves nothing. */
import type postgres from "postgres";
import { expect, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { type TestDb, withTestDb } from "../../src/index.ts";
import type { Isolation } from "../../src/options.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { describeTarget, type Target } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";

/** Something of every kind whose meaning or printing depends on a setting. */
const MIGRATIONS: Readonly<Record<string, string>> = {
  "0000_types": `
    CREATE EXTENSION IF NOT EXISTS citext;--> statement-breakpoint
    CREATE TYPE "public"."mood" AS ENUM('calm', 'it''s fine', 'back\\slash');--> statement-breakpoint
    CREATE DOMAIN "public"."path" AS text CHECK (value !~ '\\\\\\\\');`,
  "0001_tables": `
    CREATE TABLE "owners" (
      "id" serial PRIMARY KEY,
      "name" citext NOT NULL CONSTRAINT "owners_name_unique" UNIQUE,
      "mood" "mood" DEFAULT 'back\\slash',
      "born" date DEFAULT '2024-02-03',
      "seen" timestamp with time zone DEFAULT '2024-02-03 04:05:06+00',
      "every" interval DEFAULT '1 day 02:03:04',
      "bytes" bytea DEFAULT '\\x0001ff',
      "ratio" double precision DEFAULT 0.1,
      "tags" text[] DEFAULT '{"a\\\\b","NULL",c}',
      "doc" xml DEFAULT 'a<b>c</b>',
      "note" text DEFAULT E'tab\\tand "quotes" $$ \\\\ ü'
    );--> statement-breakpoint
    CREATE TABLE "Cats" (
      "id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      "owner" integer NOT NULL REFERENCES "public"."owners"("id") ON DELETE CASCADE,
      "label" text GENERATED ALWAYS AS ('cat of ' || "owner"::text) STORED,
      "where" "path"
    );`,
  "0002_code": `
    CREATE FUNCTION "count_cats"(o integer) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM public."Cats" WHERE "owner" = o $$;--> statement-breakpoint
    CREATE FUNCTION "touch"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."note" := 'touched'; RETURN NEW; END $$;--> statement-breakpoint
    CREATE TRIGGER "owners_touch" BEFORE UPDATE ON "owners" FOR EACH ROW EXECUTE FUNCTION "public"."touch"();--> statement-breakpoint
    CREATE VIEW "cat_counts" AS SELECT "name", "count_cats"("id") AS "cats" FROM "owners" WHERE "born" > '2024-01-02'::date;--> statement-breakpoint
    CREATE MATERIALIZED VIEW "moods" AS SELECT unnest(enum_range(NULL::"mood")) AS "mood";--> statement-breakpoint
    CREATE UNIQUE INDEX "owners_lower" ON "owners" (lower("name"));--> statement-breakpoint
    CREATE INDEX "owners_born" ON "owners" ("born") WHERE "born" >= '2024-03-04'::date;--> statement-breakpoint
    DO $$ BEGIN
      ALTER TABLE "Cats" ADD CONSTRAINT "where_short" CHECK (length("where") < 100);
    EXCEPTION WHEN duplicate_object THEN NULL; END $$;`,
  "0003_rows": `
    INSERT INTO "owners" ("name", "note") VALUES ('Ada', 'a\\b''c'), ('Bob', NULL);--> statement-breakpoint
    INSERT INTO "Cats" ("owner") SELECT "id" FROM "owners" WHERE lower("name") = 'ada';`,
};

export const migrationsFolder: string = journalFolder(MIGRATIONS);
/** The members of an extension belong to a superuser: another role can't move them, and has databases where there is one. */
const withoutExtension: string = journalFolder(
  Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, text]) => [
      name,
      text.replace(/CREATE EXTENSION .*breakpoint/, "").replace("citext", "text"),
    ]),
  ),
);

const seed = (key: string) => ({
  key,
  run: ({ client }: { client: postgres.Sql }) =>
    client.unsafe(
      `INSERT INTO owners (name, born, every, bytes) VALUES ('Cleo', '2024-05-06', '2 days', decode('ff', 'hex'))`,
    ),
});

/** Everything a test would see of the rows, whatever this connection's settings are. */
const LOOK = `
  select o.name::text, o.mood::text, to_char(o.born, 'YYYY-MM-DD') as born, extract(epoch from o.seen)::bigint::text as seen,
         extract(epoch from o.every)::int as every, encode(o.bytes, 'hex') as bytes, o.ratio = 0.1::float8 as ratio,
         o.tags[1] as tag, o.doc::text as doc, md5(o.note) = md5(E'tab\\tand "quotes" $$ \\\\ ü') as note, c.cats::int as cats
    from owners o join cat_counts c on c.name = o.name where lower(o.name) in ('ada', 'cleo') order by o.id`;

export interface Conformance {
  /** Which kinds; both unless told. */
  readonly isolations?: readonly Isolation[];
  /** What the user's own connections begin with. */
  readonly connection?: Readonly<Record<string, string>>;
}

/** Goes the whole way once per isolation. `admin` sees everything on the server. */
export async function conforms(
  admin: Session,
  target: Target,
  { isolations = ["schema", "database"], connection = {} }: Conformance = {},
): Promise<void> {
  const [role] = await admin.rows<{ super: boolean }>(
    "select rolsuper as super from pg_roles where rolname = $1::text",
    [target.user],
  );
  for (const isolation of isolations) {
    const url = targetUrl(target);
    const testDb = await withTestDb({
      schema: {},
      migrationsFolder: isolation === "database" || role?.super ? migrationsFolder : withoutExtension,
      url,
      isolation,
      seed: seed("cleo 1"),
      client: { connection },
    });
    const { client } = testDb;
    try {
      expect(testDb.isolation, describeTarget(target)).toBe(isolation);
      expect(await client.unsafe(LOOK), describeTarget(target)).toEqual([
        { ...ROW, name: "Ada", note: false, cats: 1 },
        { ...ROW, name: "Cleo", born: "2024-05-06", every: 172_800, bytes: "ff", cats: 0 },
      ]);
      await client.unsafe(`insert into owners (name) values ('Dan')`);
      await client.unsafe(`update owners set mood = 'calm' where lower(name) = 'dan'`);
      const [dan] = await client.unsafe("select id, note, mood::text from owners where lower(name) = 'dan'");
      expect(dan).toEqual({ id: 4, note: "touched", mood: "calm" });
      await expect(client.unsafe(`insert into owners (name) values ('dan')`)).rejects.toMatchObject({ code: "23505" });
      await expect(client.unsafe(`insert into "Cats" (owner) values (99)`)).rejects.toMatchObject({ code: "23503" });
    } finally {
      await testDb.dispose();
    }
    // a session takes a moment to go, or to have another name
    await vi.waitFor(async () => expect(await remains(admin, testDb), describeTarget(target)).toEqual([]), SOON);
  }
}

const ROW = {
  mood: "back\\slash",
  born: "2024-02-03",
  seen: "1706933106",
  every: 93_784,
  bytes: "0001ff",
  ratio: true,
  tag: "a\\b",
  doc: "a<b>c</b>",
  note: true,
};

/** What is still there of a unit: the schema in its home or the database, and connections. */
async function remains(
  admin: Session,
  { schemaName, databaseName }: Pick<TestDb, "schemaName" | "databaseName">,
): Promise<string[]> {
  const home = await openSession({
    ...admin.target,
    database: schemaName === null ? admin.target.database : databaseName,
  });
  try {
    const rows = await home.rows<{ name: string }>(
      `select name from (select nspname as name from pg_namespace union all select datname from pg_database
         union all select application_name from pg_stat_activity) as all_names where name = $1::text`,
      [schemaName ?? databaseName],
    );
    return rows.map(({ name }) => name);
  } finally {
    await home.close();
  }
}
