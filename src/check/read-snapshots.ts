/** Reads drizzle-kit's snapshots: what the schema was like after each migration, and which one each followed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { MigrationsFolder } from "./read-folder.ts";

export interface Snapshot {
  readonly file: string;
  readonly id: string;
  /** One in a journal; since 1.0 any number, where branches were merged. */
  readonly parents: readonly string[];
}

/** The parent of a first one. */
export const NONE = "00000000-0000-0000-0000-000000000000";

/** What can't be read is left out: drizzle-kit says so itself. */
export function readSnapshots({ folder, layout, list }: MigrationsFolder): Snapshot[] {
  const meta = join(folder, "meta");
  const files =
    layout === "folders"
      ? list.filter(({ hasSnapshot }) => hasSnapshot).map(({ snapshot }) => snapshot)
      : (existsSync(meta) ? readdirSync(meta) : [])
          .filter(isSnapshot)
          .sort()
          .map((name) => join(meta, name));
  return files.flatMap((file) => {
    try {
      const { id, prevId, prevIds } = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, unknown>>;
      const parents = Array.isArray(prevIds) ? prevIds : [prevId];
      return typeof id === "string" && parents.every((each) => typeof each === "string") ? [{ file, id, parents }] : [];
    } catch {
      return [];
    }
  });
}

const isSnapshot = (name: string): boolean => basename(name).endsWith("_snapshot.json");
