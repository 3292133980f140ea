/** What is counted on of drizzle-orm's migrator and transactions: docs/decisions/what-is-counted-on.md. Read in 0.45.4 and 1.0.0-rc.5. */
import pg from "pg";
import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { LINES } from "./drizzle-lines.ts";

describe.skipIf(!isIntegrationEnabled()).each(LINES)("drizzle-orm $name", (line) => {
  let database: OwnDatabase;
  let client: Sql;
  beforeAll(async () => {
    database = await openOwnDatabase(`it_counted_${line.name.replace(".", "_")}_${Date.now().toString(36)}`);
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    client = postgres(database.url, { max: 1, onnotice: () => {} });
  });
  afterEach(async () => {
    await client.unsafe("drop schema if exists drizzle cascade; drop table if exists first, second");
    await client.end();
  });

  const migrate = (migrations: Readonly<Record<string, string>>): Promise<unknown> =>
    line.postgresJsMigrator.migrate(line.postgresJs.drizzle({ client }), { migrationsFolder: line.folder(migrations) });
  const journal = async (): Promise<unknown[]> => [...(await client`select * from drizzle.__drizzle_migrations`)];

  it("makes its table where there is nothing to run", async () => {
    await migrate({});
    const columns = await client`select column_name, data_type from information_schema.columns
      where table_schema = 'drizzle' and table_name = '__drizzle_migrations' order by ordinal_position`;
    const added = [
      ["name", "text"],
      ["applied_at", "timestamp with time zone"],
    ];
    expect(columns.map((column) => [column["column_name"], column["data_type"]])).toEqual([
      ...[
        ["id", "integer"],
        ["hash", "text"],
        ["created_at", "bigint"],
      ],
      ...(line.name === "1.0" ? added : []),
    ]);
  });

  it("records a migration as readMigrationFiles tells of it", async () => {
    const migrations = { "0000_a": "create table first ()", "0001_b": "create table second ()" };
    await migrate(migrations);
    const read = line.migrator.readMigrationFiles({ migrationsFolder: line.folder(migrations) });
    expect(await journal()).toMatchObject(
      read.map(({ hash, folderMillis, ...rest }) => ({
        ...{ hash, created_at: String(folderMillis) },
        ...("name" in rest ? { name: rest.name } : {}),
      })),
    );
  });

  it("runs all migrations in one transaction", async () => {
    await expect(migrate({ "0000_a": "create table first ()", "0001_b": "select 1 / 0" })).rejects.toThrow();
    expect(await client`select to_regclass('first') as first`).toEqual([{ first: null }]);
    expect(await journal()).toEqual([]);
  });

  it("sends a statement as it is, and fails with the driver's error as the cause", async () => {
    const statement = "\n select 'it''s',\n  1 / 0;\n";
    const failed = migrate({ "0000_a": `select 1;--> statement-breakpoint${statement}` });
    await expect(failed).rejects.toMatchObject({ cause: { code: "22012", query: statement } });
  });

  it("tells its logger of each statement before it is run", async () => {
    const told: string[] = [];
    const db = line.postgresJs.drizzle({ client, logger: { logQuery: (query) => told.push(query) } });
    const statements = ["\n select 'it''s';\n", "\n select 1 / 0;\n"];
    const migrationsFolder = line.folder({ "0000_a": statements.join("--> statement-breakpoint") });
    await expect(line.postgresJsMigrator.migrate(db, { migrationsFolder })).rejects.toThrow();
    expect(told.slice(-2)).toEqual(statements);
  });

  const own = new Error("own");
  it("fails a transaction with the very error that its function threw, with postgres.js", async () => {
    const db = line.postgresJs.drizzle({ client });
    await expect(db.transaction(() => Promise.reject(own))).rejects.toBe(own);
  });

  it("fails a transaction with the very error that its function threw, with node-postgres", async () => {
    const pool = new pg.Pool({ connectionString: database.url });
    await expect(line.nodePostgres.drizzle({ client: pool }).transaction(() => Promise.reject(own))).rejects.toBe(own);
    await pool.end();
  });

  it("takes a connection of a pool of a class derived from pg.Pool for each transaction", async () => {
    class Derived extends pg.Pool {}
    const pool = new Derived({ connectionString: database.url });
    const connect = vi.spyOn(pool, "connect");
    const { sql } = line.orm;
    const processes = await line.nodePostgres.drizzle({ client: pool }).transaction(async (transaction) => {
      const pid = async () => (await transaction.execute(sql`select pg_backend_pid() as pid`)).rows;
      return Promise.all([pid(), pid()]);
    });
    expect(connect).toHaveBeenCalledOnce();
    expect(processes[0]).toEqual(processes[1]);
    await pool.end();
  });
});
