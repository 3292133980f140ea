import { useTestDb } from "with-test-db/vitest";

await useTestDb({ migrationsFolder: "drizzle", env: "DATABASE_URL", between: "rollback" });
