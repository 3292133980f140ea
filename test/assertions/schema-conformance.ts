/** What describeSchema() says of every kind of object, letter by letter. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestDbHandle } from "../../src/test-db.ts";
import type { AnyDb, Subject } from "../drivers/conformance.ts";
import type { Assertions } from "./tables.ts";
import { MIGRATIONS } from "./tables.ts";

const MORE = {
  ...MIGRATIONS,
  "0001_notes": `
    CREATE TABLE "notes" ("id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, "body" varchar(20) NOT NULL, "tags" "state"[],
      "at" timestamp with time zone DEFAULT now(), "letters" integer GENERATED ALWAYS AS (length("body")) STORED, "floor" integer, "wing" text,
      CONSTRAINT "notes_place_fk" FOREIGN KEY ("floor", "wing") REFERENCES "rooms"("floor", "wingName") ON DELETE set null DEFERRABLE INITIALLY DEFERRED,
      CONSTRAINT "notes_body_unique" UNIQUE NULLS NOT DISTINCT ("wing", "body") DEFERRABLE);--> statement-breakpoint
    ALTER TABLE "notes" ADD CONSTRAINT "notes_old" CHECK ("wing" <> '') NOT VALID;--> statement-breakpoint
    CREATE INDEX "notes_recent" ON "notes" ("wing", "at" DESC NULLS LAST, lower("body") text_pattern_ops) INCLUDE ("id") WHERE "floor" > 0;--> statement-breakpoint
    CREATE INDEX "notes_tags" ON "notes" USING gin ("tags");--> statement-breakpoint
    CREATE FUNCTION "touch"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;--> statement-breakpoint
    CREATE TRIGGER "notes_touch" BEFORE INSERT OR UPDATE OF "body", "wing" ON "notes" FOR EACH ROW WHEN (NEW."floor" > 0) EXECUTE FUNCTION "touch"();--> statement-breakpoint
    CREATE TRIGGER "notes_emptied" AFTER DELETE OR TRUNCATE ON "notes" FOR EACH STATEMENT EXECUTE FUNCTION "touch"();--> statement-breakpoint
    ALTER TABLE "notes" DISABLE TRIGGER "notes_emptied";--> statement-breakpoint
    ALTER TABLE "notes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
    CREATE POLICY "notes_read" ON "notes" FOR SELECT USING ("floor" > 0);--> statement-breakpoint
    CREATE POLICY "notes_write" ON "notes" AS RESTRICTIVE FOR INSERT TO current_user WITH CHECK ("floor" > 1);--> statement-breakpoint
    CREATE TABLE "days" ("day" date NOT NULL) PARTITION BY RANGE ("day");--> statement-breakpoint
    CREATE TABLE "days_all" PARTITION OF "days" DEFAULT;--> statement-breakpoint
    CREATE VIEW "free" AS SELECT "id", "state" FROM "rooms" WHERE "state" = 'free';--> statement-breakpoint
    CREATE MATERIALIZED VIEW "floors" AS SELECT DISTINCT "floor" FROM "rooms";--> statement-breakpoint
    CREATE UNIQUE INDEX "floors_floor" ON "floors" ("floor");`,
};

const column = { nullable: false, default: null, generated: null, identity: null };
const unique = { nullsNotDistinct: false, deferrable: false };
const index = { include: [], unique: false, nullsNotDistinct: false, method: "btree", where: null };
const nothing = { uniques: {}, foreignKeys: {}, checks: {}, exclusions: {}, indexes: {}, triggers: {}, policies: {} };

export function schemaConformance<Client>(subject: Subject<Client>, { describeSchema }: Assertions): void {
  let testDb: TestDbHandle<AnyDb, Client>;
  beforeAll(async () => {
    testDb = await subject.withTestDb({ migrationsFolder: subject.migrationsFolder(MORE), isolation: "schema" });
  });
  afterAll(() => testDb?.dispose());

  it("is described whole, without the name of the unit", async () => {
    const described = await describeSchema(testDb.db);
    expect(JSON.stringify(described)).not.toContain(testDb.schemaName);
    const user = decodeURIComponent(new URL(testDb.url).username);
    expect(described).toEqual({
      enums: { state: ["free", 'it\'s "odd"'] },
      views: {
        floors: {
          columns: { floor: { ...column, type: "integer", nullable: true } },
          materialized: true,
          definition: expect.stringMatching(/^\s*SELECT DISTINCT (rooms\.)?floor\s+FROM rooms;$/),
          indexes: { floors_floor: { ...index, columns: ["floor"], unique: true } },
        },
        free: {
          columns: {
            id: { ...column, type: "integer", nullable: true },
            state: { ...column, type: "state", nullable: true },
          },
          materialized: false,
          definition: expect.stringMatching(/FROM rooms\s+WHERE (rooms\.)?state = 'free'::state;$/),
          indexes: {},
        },
      },
      tables: {
        bookings: {
          ...nothing,
          columns: {
            id: { ...column, type: "integer", default: "nextval('bookings_id_seq'::regclass)" },
            room_id: { ...column, type: "integer" },
            guests: { ...column, type: "integer" },
            during: { ...column, type: "int4range", nullable: true },
          },
          primaryKey: ["id"],
          foreignKeys: {
            bookings_room_fk: {
              columns: ["room_id"],
              references: { table: "rooms", columns: ["id"] },
              onDelete: "restrict",
              onUpdate: "cascade",
              deferrable: false,
            },
          },
          checks: { bookings_guests_check: "guests > 0" },
          exclusions: { bookings_apart: "EXCLUDE USING gist (during WITH &&)" },
          rowSecurity: false,
        },
        days: { ...nothing, columns: { day: { ...column, type: "date" } }, primaryKey: null, rowSecurity: false },
        notes: {
          columns: {
            id: { ...column, type: "integer", identity: "always" },
            body: { ...column, type: "character varying(20)" },
            tags: { ...column, type: "state[]", nullable: true },
            at: { ...column, type: "timestamp with time zone", nullable: true, default: "now()" },
            letters: { ...column, type: "integer", nullable: true, generated: "length(body::text)" },
            floor: { ...column, type: "integer", nullable: true },
            wing: { ...column, type: "text", nullable: true },
          },
          primaryKey: ["id"],
          uniques: {
            notes_body_unique: { columns: ["wing", "body"], nullsNotDistinct: true, deferrable: "immediate" },
          },
          foreignKeys: {
            notes_place_fk: {
              columns: ["floor", "wing"],
              references: { table: "rooms", columns: ["floor", "wingName"] },
              onDelete: "set null",
              onUpdate: "no action",
              deferrable: "deferred",
            },
          },
          checks: { notes_old: "wing <> ''::text not valid" },
          exclusions: {},
          indexes: {
            notes_recent: {
              ...index,
              columns: ["wing", "at desc nulls last", "lower(body::text) text_pattern_ops"],
              include: ["id"],
              where: "floor > 0",
            },
            notes_tags: { ...index, columns: ["tags"], method: "gin" },
          },
          triggers: {
            notes_emptied: {
              timing: "after",
              events: ["delete", "truncate"],
              forEach: "statement",
              when: null,
              function: "touch",
              enabled: false,
            },
            notes_touch: {
              timing: "before",
              events: ["insert", "update of body, wing"],
              forEach: "row",
              when: "new.floor > 0",
              function: "touch",
              enabled: true,
            },
          },
          policies: {
            notes_read: { command: "select", permissive: true, roles: ["public"], using: "floor > 0", check: null },
            notes_write: { command: "insert", permissive: false, roles: [user], using: null, check: "floor > 1" },
          },
          rowSecurity: "enabled",
        },
        rooms: {
          ...nothing,
          columns: {
            id: { ...column, type: "integer", default: "nextval('rooms_id_seq'::regclass)" },
            name: { ...column, type: "text" },
            floor: { ...column, type: "integer" },
            wingName: { ...column, type: "text", nullable: true, default: "'main'::text" },
            state: { ...column, type: "state", default: "'free'::state" },
            seats: { ...column, type: "even", nullable: true },
          },
          primaryKey: ["id"],
          uniques: {
            rooms_name_unique: { ...unique, columns: ["name"] },
            rooms_place_unique: { ...unique, columns: ["floor", "wingName"] },
          },
          indexes: {
            rooms_name_lower: { ...index, columns: ["lower(name)"], unique: true, where: "state = 'free'::state" },
          },
          rowSecurity: false,
        },
      },
    });
    expect(Object.keys(described.tables["notes"]?.columns ?? {})).toEqual([
      "id",
      "body",
      "tags",
      "at",
      "letters",
      "floor",
      "wing",
    ]);
  });

  it("is described as it is within a transaction, and as another one by its name", async () => {
    const { orm } = subject;
    const inside = await testDb.rollback(async (tx) => {
      await tx.execute(orm.sql`alter table days add column note text default 'x'`);
      return describeSchema(tx);
    });
    expect(inside.tables["days"]?.columns["note"]).toEqual({
      ...column,
      type: "text",
      nullable: true,
      default: "'x'::text",
    });
    const database = await subject.withTestDb({
      migrationsFolder: subject.migrationsFolder({
        "0000_auth": `CREATE SCHEMA "auth";--> statement-breakpoint
          CREATE TABLE "auth"."users" ("id" integer PRIMARY KEY);--> statement-breakpoint
          CREATE TABLE "notes" ("by" integer CONSTRAINT "notes_by" REFERENCES "auth"."users"("id"));`,
      }),
    });
    expect(database.isolation).toBe("database");
    expect(Object.keys((await describeSchema(database.db)).tables)).toEqual(["notes"]);
    expect((await describeSchema(database.db)).tables).toMatchObject({
      notes: { foreignKeys: { notes_by: { references: { table: "auth.users", columns: ["id"] } } } },
    });
    expect((await describeSchema(database.db, "auth")).tables).toMatchObject({ users: { primaryKey: ["id"] } });
    await expect(describeSchema(database.db, "author's")).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringMatching(/^There is no schema "author's" to describe\.\n/),
    });
    await database.dispose();
  });
}
