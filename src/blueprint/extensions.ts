/**
 * Extensions belong to a whole database. Those that the target has are mirrored into the blueprint, since migrations may
 * count on them; those that the migrations create are installed in the target once, in a schema that all units share.
 */
import { inLock } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import { EXTENSION_SCHEMA } from "../control/extension-schema.ts";
import { TestDbError } from "../errors.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { failure } from "../sql/failure.ts";
import { ident, literal, shellWord } from "../sql/identifiers.ts";
import { tokenize } from "../sql/lexer.ts";
import { postgresError } from "../sql/sqlstate.ts";
import { splitStatements } from "../sql/statements.ts";
import { describeTarget } from "../target/target.ts";

export interface Extension {
  readonly name: string;
  readonly version: string;
  readonly schema: string;
}

/** The extensions of a database, but for what every database has. */
export const readExtensions = (session: Session): Promise<Extension[]> =>
  session.rows<Extension & Record<string, unknown>>(
    `select e.extname as name, e.extversion as version, n.nspname as schema
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname <> 'plpgsql' order by 1`,
  );

/**
 * What the blueprint begins with: the target's extensions, without those that were installed for units, and without
 * those that the migrations create themselves, as they would in a fresh database.
 */
export async function extensionsToMirror(target: Session, migrations: Migrations): Promise<Extension[]> {
  const created = createdExtensions(migrations);
  const [units, extensions] = await Promise.all([
    target.rows<{ name: string }>("select name from with_test_db.unit"),
    readExtensions(target),
  ]);
  const names = new Set(units.map(({ name }) => name));
  // one that a test created in its unit is nobody else's
  const isOurs = (schema: string): boolean => schema === EXTENSION_SCHEMA || names.has(schema);
  return extensions.filter(({ name, schema }) => !isOurs(schema) && !created.has(name));
}

/** The names of the extensions that a history creates. */
export function createdExtensions(migrations: Migrations): Set<string> {
  const names = new Set<string>();
  for (const { text } of migrations.list) {
    if (!/extension/i.test(text)) continue;
    for (const { words } of splitStatements(tokenize(text))) {
      if (words[0] !== "create" || words[1] !== "extension") continue;
      const name = words[2] === "if" ? words[5] : words[2];
      if (name) names.add(name);
    }
  }
  return names;
}

/** Installs the mirrored extensions where the target has them. */
export async function mirrorExtensions(blueprint: Session, extensions: readonly Extension[]): Promise<void> {
  for (const extension of extensions) {
    await blueprint.script(`create schema if not exists ${ident(extension.schema)}`);
    await createExtension(blueprint, extension, extension.schema);
  }
}

/**
 * Makes sure that the target has the extensions of the blueprint's `public`, and tells where: name → schema.
 * What is there stays as it is; what is missing is installed in the shared schema, and never dropped with a unit.
 */
export async function ensureExtensions(target: Session, wanted: readonly Extension[]): Promise<Map<string, string>> {
  const found = await readExtensions(target);
  const missing = wanted.filter(({ name }) => !found.some((extension) => extension.name === name));
  if (missing.length > 0) {
    await inLock(target, "extensions", async () => {
      await target.script(
        `create schema if not exists ${ident(EXTENSION_SCHEMA)}; grant usage on schema ${ident(EXTENSION_SCHEMA)} to public`,
      );
      for (const extension of missing) await createExtension(target, extension, EXTENSION_SCHEMA);
    });
  }
  const now = missing.length > 0 ? await readExtensions(target) : found;
  for (const { name, version } of wanted) {
    const there = now.find((extension) => extension.name === name);
    if (there?.version === version) continue;
    throw new TestDbError("EXTENSION_UNAVAILABLE", {
      what: `${describeTarget(target.target)} has the extension ${name} ${there?.version}, the migrations make ${version}`,
      why: "an extension is installed once per database, and all units share it",
      next: `psql -c ${shellWord(`alter extension ${ident(name)} update to ${literal(version)}`)}`,
    });
  }
  return new Map(now.map(({ name, schema }) => [name, schema]));
}

async function createExtension(session: Session, { name, version }: Extension, schema: string): Promise<void> {
  try {
    await session.script(
      `create extension if not exists ${ident(name)} with schema ${ident(schema)} version ${literal(version)} cascade`,
    );
  } catch (error) {
    if (!postgresError(error)) throw error;
    const what = `The extension ${name} ${version} could not be installed in ${describeTarget(session.target)}`;
    const next = `psql -c ${shellWord(`create extension ${ident(name)}`)} as a user who may`;
    throw failure("EXTENSION_UNAVAILABLE", { what, next }, error);
  }
}

/** Which of the schemas hold anything but members of extensions. */
export async function sharedWithOthers(session: Session, schemas: readonly string[]): Promise<string[]> {
  const [row] = await session.rows<{ crowded: string[] }>(
    "select to_jsonb(with_test_db.crowded_schemas(array(select jsonb_array_elements_text($1::text::jsonb)))) as crowded",
    [JSON.stringify(schemas)],
  );
  return row?.crowded ?? [];
}
