/** Extensions of the database that was named are mirrored into the home, since migrations may count on them. */
import type { Session } from "../connections/session.ts";
import { createdExtensions } from "../migrations/created-extensions.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { failure } from "../sql/failure.ts";
import { ident, literal, shellWord } from "../sql/identifiers.ts";
import { postgresError } from "../sql/sqlstate.ts";
import { describeTarget } from "../target/target.ts";

interface Extension {
  readonly name: string;
  readonly version: string;
  readonly schema: string;
}

/** The extensions of a database, but for what every database has. */
const readExtensions = (session: Session): Promise<Extension[]> =>
  session.rows<Extension & Record<string, unknown>>(
    `select e.extname as name, e.extversion as version, n.nspname as schema
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname <> 'plpgsql' order by 1`,
  );

/** What a home begins with: the extensions of the database that was named, but for those that the migrations create themselves. */
export async function extensionsToMirror(target: Session, migrations: Migrations): Promise<Extension[]> {
  const created = createdExtensions(migrations.whole ?? migrations.list);
  return (await readExtensions(target)).filter(({ name }) => !created.has(name));
}

/** Installs them where that database has them. */
export async function mirrorExtensions(home: Session, extensions: readonly Extension[]): Promise<void> {
  for (const extension of extensions) {
    await home.script(`create schema if not exists ${ident(extension.schema)}`);
    await createExtension(home, extension);
  }
}

async function createExtension(session: Session, { name, version, schema }: Extension): Promise<void> {
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
