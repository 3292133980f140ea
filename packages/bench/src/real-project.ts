/** A project that exists: its migrations are there, and what has to be known of it is asked of a database they made. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type postgres from "postgres";
import type { Project } from "./project.ts";

/** @throws Error where there are no migrations */
export function readProject(folder: string): Project {
  const migrationsFolder = resolve(folder);
  const journal = join(migrationsFolder, "meta", "_journal.json");
  if (!existsSync(journal)) throw new Error(`--project ${folder}: there is no ${journal}`);
  const { entries } = JSON.parse(readFileSync(journal, "utf8")) as { entries: readonly unknown[] };
  const files = readdirSync(migrationsFolder).filter((name) => name.endsWith(".sql"));
  if (entries.length === 0 || files.length === 0) throw new Error(`--project ${folder}: it has no migrations`);
  const seeded = { table: "", rows: 0 };
  return { name: "project", tables: 0, migrations: entries.length, migrationsFolder, seeded, written: [] };
}

/** How many tables it has, and which of them has the most rows. */
export async function explore(project: Project, migrated: postgres.Sql): Promise<Project> {
  const tables = await migrated<{ name: string; rows: number }[]>`
    select c.relname as name,
           (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from public.%I', c.relname), false, true, '')))[1]::text::int as rows
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     order by 2 desc, 1`;
  const [most] = tables;
  if (!most) throw new Error(`${project.migrationsFolder} makes no table in public`);
  return { ...project, tables: tables.length, seeded: { table: most.name, rows: most.rows } };
}
