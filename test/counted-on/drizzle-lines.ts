/** Both lines of drizzle-orm, each as a project has it that installed it. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as orm from "drizzle-orm";
import type * as migrator from "drizzle-orm/migrator";
import type * as nodePostgres from "drizzle-orm/node-postgres";
import type * as core from "drizzle-orm/pg-core";
import type * as postgresJs from "drizzle-orm/postgres-js";
import type * as postgresJsMigrator from "drizzle-orm/postgres-js/migrator";
import type * as version from "drizzle-orm/version";
import { folderPerMigration, journalFolder } from "../support/migrations.ts";

export interface Line {
  readonly name: "0.45" | "1.0";
  readonly installed: string;
  /** Makes a migrations folder of the line's layout. */
  readonly folder: typeof journalFolder;
  readonly orm: typeof orm;
  readonly core: typeof core;
  readonly migrator: typeof migrator;
  readonly nodePostgres: typeof nodePostgres;
  readonly postgresJs: typeof postgresJs;
  readonly postgresJsMigrator: typeof postgresJsMigrator;
  readonly version: typeof version;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

function lineIn(place: string, name: Line["name"], folder: typeof journalFolder): Line[] {
  const manifest = join(root, place, "node_modules/drizzle-orm/package.json");
  if (!existsSync(manifest)) return [];
  const require = createRequire(join(root, place, "package.json"));
  return [
    {
      ...{ name, folder, installed: JSON.parse(readFileSync(manifest, "utf8")).version },
      orm: require("drizzle-orm"),
      core: require("drizzle-orm/pg-core"),
      migrator: require("drizzle-orm/migrator"),
      nodePostgres: require("drizzle-orm/node-postgres"),
      postgresJs: require("drizzle-orm/postgres-js"),
      postgresJsMigrator: require("drizzle-orm/postgres-js/migrator"),
      version: require("drizzle-orm/version"),
    },
  ];
}

/** Those that are installed: npm installs both. */
export const LINES: readonly Line[] = [
  ...lineIn(".", "0.45", journalFolder),
  ...lineIn("packages/drizzle-1", "1.0", folderPerMigration),
];
