/** Roles and claims, where drizzle-orm 0.45 is installed. */
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { authenticatedRole } from "drizzle-orm/supabase";
import { type Identity, withTestDb } from "with-test-db";
import { withTestDb as withPgTestDb } from "with-test-db/pg";
import { neon, type PlatformStep, supabase, supabaseGrants, supabaseUsers } from "with-test-db/roles";
import * as schema from "./schema.js";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;

export async function accepted(): Promise<void> {
  const step: PlatformStep = supabase;
  const own = {
    key: "own",
    run: async ({ client }: { client: { unsafe(text: string): unknown } }) => client.unsafe(""),
  };
  const testDb = await withTestDb({ schema, migrationsFolder, prepare: step });
  await withTestDb({ schema, migrationsFolder, prepare: [supabase, supabaseUsers, "test/more.sql", own] });
  await withTestDb({
    schema,
    migrationsFolder,
    prepare: ["test/more.sql", { key: "1", run: ({ client, db }) => client`select ${String(db)}` }],
  });
  const pgTestDb = await withPgTestDb({ schema, migrationsFolder, prepare: [neon, supabaseGrants] });

  const who: Identity = { role: authenticatedRole, claims: { sub: "ada", app_metadata: { tenants: [1] } } };
  const name: string | undefined = await testDb.as(who, async (db) => {
    const same: PostgresJsDatabase<typeof schema> = db;
    const owner = await same.query.owners.findFirst({ with: { cats: true } });
    return owner?.cats[0]?.name;
  });
  const count: number = await pgTestDb.as(
    { role: "app", settings: { "app.tenant": 1, "app.on": true } },
    async (db) => {
      const same: NodePgDatabase<typeof schema> = db;
      return same.$count(schema.owners);
    },
  );
  await testDb.as({}, (db) => db.transaction((tx) => tx.select().from(schema.cats)));
  use(name, count);
}

export async function refused(): Promise<void> {
  const testDb = await withTestDb({ schema, migrationsFolder });
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
  await testDb.as({ role: "app" }, (db) => db.insert(schema.owners).values({ nom: "Ada" }));
  // @ts-expect-error the function's own result
  const wrong: string = await testDb.as({ role: "app" }, async () => 1);
  // @ts-expect-error a number is no step
  await withTestDb({ schema, migrationsFolder, prepare: ["a.sql", 1] });
  // @ts-expect-error a step has a key
  await withTestDb({ schema, migrationsFolder, prepare: ["a.sql", { run: async () => {} }] });
  use(wrong);
}
