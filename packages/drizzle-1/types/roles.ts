/** Roles and claims, where drizzle-orm 1.0 is installed. */
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { authenticatedRole } from "drizzle-orm/supabase";
import { type Identity, withTestDb } from "with-test-db";
import { withTestDb as withPgTestDb } from "with-test-db/pg";
import { neon, type PlatformStep, supabase, supabaseGrants, supabaseUsers } from "with-test-db/roles";
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;

export async function accepted(): Promise<void> {
  const step: PlatformStep = supabase;
  const own = {
    key: "own",
    run: async ({ client }: { client: { unsafe(text: string): unknown } }) => client.unsafe(""),
  };
  const testDb = await withTestDb({ relations, migrationsFolder, prepare: step });
  await withTestDb({ relations, migrationsFolder, prepare: [supabase, supabaseUsers, "test/more.sql", own] });
  await withTestDb({
    relations,
    migrationsFolder,
    prepare: ["test/more.sql", { key: "1", run: ({ client, db }) => client`select ${String(db)}` }],
  });
  const pgTestDb = await withPgTestDb({ relations, migrationsFolder, prepare: [neon, supabaseGrants] });

  const who: Identity = { role: authenticatedRole, claims: { sub: "ada", app_metadata: { tenants: [1] } } };
  const name: string | undefined = await testDb.as(who, async (db) => {
    const same: PostgresJsDatabase<typeof relations> = db;
    const owner = await same.query.engineers.findFirst({ with: { shifts: true } });
    return owner?.shifts[0]?.level;
  });
  const count: number = await pgTestDb.as(
    { role: "app", settings: { "app.tenant": 1, "app.on": true } },
    async (db) => {
      const same: NodePgDatabase<typeof relations> = db;
      return same.$count(schema.engineers);
    },
  );
  await testDb.as({}, (db) => db.transaction((tx) => tx.select().from(schema.shifts)));
  use(name, count);
}

export async function refused(): Promise<void> {
  const testDb = await withTestDb({ relations, migrationsFolder });
  // @ts-expect-error misspelt
  await testDb.as({ rol: "app" }, async () => {});
  // @ts-expect-error not a role
  await testDb.as({ role: 1 }, async () => {});
  // @ts-expect-error claims are an object
  await testDb.as({ claims: "ada" }, async () => {});
  // @ts-expect-error a setting is a text, a number or a boolean
  await testDb.as({ settings: { "app.tenant": null } }, async () => {});
  // @ts-expect-error nothing waits for it
  await testDb.as({ role: "app" }, () => {});
  // @ts-expect-error no such column
  await testDb.as({ role: "app" }, (db) => db.insert(schema.engineers).values({ nom: "Ada" }));
  // @ts-expect-error the function's own result
  const wrong: string = await testDb.as({ role: "app" }, async () => 1);
  // @ts-expect-error a number is no step
  await withTestDb({ relations, migrationsFolder, prepare: ["a.sql", 1] });
  // @ts-expect-error a step has a key
  await withTestDb({ relations, migrationsFolder, prepare: ["a.sql", { run: async () => {} }] });
  use(wrong);
}
