import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { afterAll, afterEach } from "vitest";

const url = new URL(process.env["HAND_ROLLED_URL"] ?? "");
const server = postgres(url.href, { max: 1 });
const name = `test_${process.pid}_${Date.now()}`;
await server.unsafe(`create database ${name}`);
url.pathname = `/${name}`;
process.env["DATABASE_URL"] = url.href;
const client = postgres(url.href, { max: 1, onnotice: () => {} });
await migrate(drizzle(client), { migrationsFolder: "drizzle" });

afterEach(async () => {
  const tables =
    await client`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'`;
  await client.unsafe(`truncate ${tables.map((table) => table["name"]).join(", ")} restart identity cascade`);
  await client`insert into notebooks (name) values ('inbox')`; // what the migrations had put there
});
afterAll(async () => {
  await client.end();
  await server.unsafe(`drop database ${name} with (force)`);
  await server.end();
});
