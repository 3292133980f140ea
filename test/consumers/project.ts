/** A project as a user has it: the packed library and its peers are installed by a package manager, and nothing is linked. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../package/entries.ts";

const TABLE = 'CREATE TABLE "things" ("id" serial PRIMARY KEY NOT NULL, "name" text NOT NULL);';
const ENTRY = { idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_things", breakpoints: true };

/** What the suite prints, for each driver in turn. */
export const PRINTED = `${JSON.stringify(Array(2).fill(["kept,undone", "kept", true, "", "schema"]).flat())}\n`;

/** @param packages - versions other than the usual, and further packages */
export function makeProject(folder: string, tarball: string, packages: Readonly<Record<string, string>>): string {
  cpSync(join(root, "test/consumers/project"), folder, { recursive: true });
  mkdirSync(join(folder, "journal/meta"), { recursive: true });
  mkdirSync(join(folder, "folders/20260101000000_things"), { recursive: true });
  const journal = { version: "7", dialect: "postgresql", entries: [ENTRY] };
  writeFileSync(join(folder, "journal/meta/_journal.json"), JSON.stringify(journal));
  for (const file of ["journal/0000_things.sql", "folders/20260101000000_things/migration.sql"]) {
    writeFileSync(join(folder, file), TABLE);
  }
  const devDependencies = {
    ...{ postgres: "^3.4.5", pg: "^8.11.0", "@types/pg": "^8.11.0", "@types/node": "^20.0.0" },
    ...{ "with-test-db": `file:${tarball}`, ...packages },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", devDependencies }));
  return folder;
}
