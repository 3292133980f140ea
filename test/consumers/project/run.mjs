import * as orm from "drizzle-orm";
import * as pgCore from "drizzle-orm/pg-core";
import * as postgresJs from "with-test-db";
import * as nodePostgres from "with-test-db/pg";
import suite from "./suite.cjs";

await suite({ orm, pgCore, postgresJs, nodePostgres });
