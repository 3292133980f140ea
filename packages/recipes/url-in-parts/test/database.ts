import { useTestDb } from "with-test-db/vitest/pg";

const env = {
  DB_HOST: "host",
  DB_PORT: "port",
  DB_USER: "user",
  DB_PASSWORD: "password",
  DB_NAME: "database",
} as const;
await useTestDb({ migrationsFolder: "drizzle", env, between: "reset" });

// the connections to a database end with it, and node-postgres throws that where nobody listens
const { db } = await import("../src/db.ts");
db.$client.on("error", () => {});
