/** Whether the migrations are found, and can be run by the drizzle-orm that is installed. */
import { existsSync } from "node:fs";
import { loadDriver } from "../drivers/load-driver.ts";
import { DEFAULT_OUT } from "../drizzle-kit/find-drizzle-kit.ts";
import { TestDbError } from "../errors.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { type Finding, note, ok, problemOf } from "./finding.ts";

export interface CheckedMigrations {
  readonly findings: readonly Finding[];
  /** Undefined where they can't be read. */
  readonly migrations?: Migrations;
}

/** @param find - finds their folder */
export async function checkMigrations(find: () => Promise<string>): Promise<CheckedMigrations> {
  const findings: Finding[] = [];
  try {
    const folder = await find().catch((error: unknown) => {
      // without drizzle-kit nobody reads its configuration
      if (!(error instanceof TestDbError) || error.code !== "PROGRAM_MISSING" || !existsSync(DEFAULT_OUT)) throw error;
      findings.push(
        note(`drizzle.config was not read, since drizzle-kit is not installed: ${DEFAULT_OUT} was looked at`),
      );
      return DEFAULT_OUT;
    });
    const { readMigrations } = await loadDriver(() => import("../migrations/read-migrations.ts"));
    const migrations = readMigrations(folder);
    const count = migrations.list.length;
    const layout = migrations.layout === "journal" ? "with a journal" : "each in a folder of its own";
    findings.push(ok(`${folder}: ${count} ${count === 1 ? "migration" : "migrations"}, ${layout}`));
    return { findings, migrations };
  } catch (error) {
    return { findings: [...findings, problemOf(error)] };
  }
}
