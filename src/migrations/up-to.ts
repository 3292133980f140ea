/** The first migrations of a folder, as a history of their own. */
import { npmVersion as drizzleVersion } from "drizzle-orm/version";
import { createdExtensions } from "./created-extensions.ts";
import { digestOf, type Migrations } from "./read-migrations.ts";

/** @param count - how many of them; all of them are the folder itself */
export function migrationsUpTo(all: Migrations, count: number): Migrations {
  if (count === all.list.length) return all;
  const { layout } = all;
  const list = all.list.slice(0, count);
  // what a later migration creates is not mirrored, or the later one would fail
  const later = [...createdExtensions(all.list.slice(count))].sort();
  return { ...all, list, whole: all.list, digest: digestOf(drizzleVersion, layout, list, later) };
}
