/**
 * A blueprint for a user who may not make databases: a schema in the target database, in which the project's migrations
 * ran once, retargeted. Everything after it is as usual: it is dumped, replayed, and compared with a unit.
 *
 * What this can't promise, beside what it refuses by name:
 * - There is no private database in which the history ran verbatim, so nothing proves that the retargeted history means
 *   what it meant. Each statement that runs at once and may mean something else is refused; see in-place-text.ts.
 * - Nothing may change outside of the schema. Objects, grants and settings are compared; rows by what Postgres counted
 *   for this session, so a server with `track_counts` off sees only TRUNCATE. A sequence elsewhere that was advanced
 *   is not seen, and neither is what `prepare` or `seed` code writes to the rows of other schemas.
 * - The history runs as one migration after another in repeatable-read transactions of ours; its `BEGIN` is taken as
 *   done, its `COMMIT` commits, and `CONCURRENTLY` is left out where an index is made or dropped.
 */
import { readFileSync } from "node:fs";
import { readDependencies } from "../catalog/read-dependencies.ts";
import { readObjectNames } from "../catalog/read-object-names.ts";
import { openSession, type Session } from "../connections/session.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import type { Migration } from "../migrations/read.ts";
import { migrationError, needsMoreTransactions, REPLAYS, type Replay } from "../migrations/run.ts";
import { noticeOnce } from "../notice.ts";
import { ident } from "../sql/identifiers.ts";
import { postgresError, postgresWords, SQLSTATE, unlessLost } from "../sql/sqlstate.ts";
import { describeTarget } from "../target/target.ts";
import type { Recipe } from "./build-blueprint.ts";
import { createdExtensions, ensureExtensions, readExtensions, sharedWithOthers } from "./extensions.ts";
import { type Place, type Retargeted, retargetHistory } from "./in-place-text.ts";
import { ReachedOutside, WatchedTransaction } from "./in-place-watch.ts";
import { grantOfCreatedb } from "./private-database.ts";
import { applyPrepare, applySeed } from "./steps.ts";

/**
 * Makes the schema and runs the migrations in it. Leaves nothing where that can't be done.
 *
 * @returns the schemas of extensions that belong to its `search_path`
 * @throws TestDbError `ISOLATION_REFUSED` naming what can't be done in a schema, and what every build throws
 */
export async function buildInPlace<Context>(
  session: Session,
  schema: string,
  recipe: Recipe<Context>,
): Promise<readonly string[]> {
  const { target } = session;
  noticeOnce(
    `${target.user} may not create databases on ${describeTarget(target)}, so ${recipe.migrations.folder} is retargeted and runs in a schema; verbatim in a database after: ${grantOfCreatedb(session.target.user)}`,
  );
  const place = await placeFor(session, schema, recipe);
  const history = recipe.migrations.list.map((migration) => ({
    migration,
    statements: retargetHistory(migration.statements.join("\n;\n"), place),
  }));
  const unsure = new Map(
    history.flatMap(({ statements }) =>
      statements.flatMap(({ unsureRoutine }) => (unsureRoutine ? [unsureRoutine] : [])),
    ),
  );
  const refused = history.flatMap(({ migration, statements }) =>
    statements.flatMap(({ refused, calls = [], sql }) => {
      const called = calls.find((name) => unsure.has(name));
      const reason = refused ?? (called && `calls ${called}(), which ${unsure.get(called)}`);
      return reason ? [`${migration.file}: ${reason}\nin: ${firstLine(sql)}`] : [];
    }),
  );
  if (refused.length > 0) throw refusal(session, recipe, refused);

  for (const replay of REPLAYS) {
    await session.script(`create schema ${ident(schema)}; grant usage on schema ${ident(schema)} to public`);
    try {
      await fill(session, place, recipe, history, replay);
      return place.extensionSchemas;
    } catch (error) {
      await unlessLost(session.script(`drop schema if exists ${ident(schema)} cascade`));
      if (error instanceof ReachedOutside) {
        throw refusal(
          session,
          recipe,
          error.reached.map(({ why, kind, name }) => `${why} ${kind} ${name}`),
          error,
        );
      }
      if (replay === REPLAYS.at(-1) || !needsMoreTransactions(error)) throw error;
    }
  }
  throw new Error("unreachable: the last replay returns or throws");
}

type History = readonly { readonly migration: Migration; readonly statements: readonly Retargeted[] }[];

async function fill<Context>(
  session: Session,
  place: Place,
  recipe: Recipe<Context>,
  history: History,
  replay: Replay,
): Promise<void> {
  const path = [place.schema, ...place.extensionSchemas].map(ident).join(", ");
  const own = await openSession(session.target, { search_path: path, row_security: "on" }, { reconnects: false });
  try {
    const watched = new WatchedTransaction(own, place.schema);
    await prepareInPlace(own, watched, place, recipe, path);
    if (replay === "migrator") await watched.begin();
    for (const { migration, statements } of history) {
      if (replay === "migration by migration") await watched.begin();
      for (const { sql, kind } of statements) {
        if (kind === "nothing") continue;
        try {
          if (replay === "statement by statement") {
            if (kind === "statement") await alone(own, watched, sql);
          } else if (kind === "commit") {
            await watched.commit();
            await watched.begin();
          } else await own.script(sql);
        } catch (error) {
          if (error instanceof ReachedOutside) throw error;
          await watched.rollback().catch(() => {});
          if (replay === REPLAYS.at(-1) && postgresError(error)?.code === SQLSTATE.activeTransaction) {
            const what = `${migration.file}: can't run inside a transaction, and so could not be taken back`;
            throw refusal(session, recipe, [`${what}\nin: ${firstLine(sql)}`], error);
          }
          throw migrationError(recipe.migrations, error, { migration, statement: sql });
        }
      }
      if (replay === "migration by migration") await watched.commit();
    }
    if (replay === "migrator") await watched.commit();
    const before = new WatchedTransaction(own, place.schema);
    await stepInPlace(before, () => applySeed(own, recipe.seed, recipe.driver, { search_path: path }), recipe.seed);
    for (const { why, name } of [...watched.roles, ...before.roles]) {
      noticeOnce(`the migrations ${why} ${name}: roles belong to the whole server, not to a unit`);
    }
    const references = await readDependencies(own, place.schema);
    const leaning = references.filter(({ to }) => !to.inside && to.extension === undefined);
    if (leaning.length > 0) {
      throw new ReachedOutside(
        leaning.map(({ kind, name, to }) => ({ kind, name, why: `refers to ${to.kind} ${to.name} from` })),
      );
    }
  } finally {
    await own.close();
  }
}

async function alone(session: Session, watched: WatchedTransaction, sql: string): Promise<void> {
  await watched.begin();
  await session.script(sql);
  await watched.commit();
}

/** SQL files are retargeted as the migrations are; code finds the schema by its `search_path`. */
async function prepareInPlace<Context>(
  session: Session,
  watched: WatchedTransaction,
  place: Place,
  { prepare, driver }: Recipe<Context>,
  path: string,
): Promise<void> {
  if (prepare === undefined) return;
  if ("run" in prepare) {
    return stepInPlace(watched, () => applyPrepare(session, prepare, driver, { search_path: path }), prepare);
  }
  for (const file of prepare) {
    await watched.begin();
    try {
      for (const { sql, kind } of retargetHistory(readFileSync(file, "utf8"), place)) {
        if (kind === "statement") await session.script(sql);
      }
    } catch (error) {
      await watched.rollback().catch(() => {});
      const refused = postgresError(error);
      throw new TestDbError("PREPARE_FAILED", {
        what: `The file ${file} of prepare failed`,
        why: refused ? postgresWords(refused) : wordsOf(error),
        cause: error,
      });
    }
    await watched.commit();
  }
}

/** Code has a connection of its own, so what it did is committed; what it made outside is said, not taken back. */
async function stepInPlace(watched: WatchedTransaction, work: () => Promise<void>, step: unknown): Promise<void> {
  if (step === undefined) return;
  const before = await watched.look();
  await work();
  watched.compare(before, await watched.look());
}

/** Which schemas have the extensions that the history counts on. Missing ones are installed, where the user may. */
async function placeFor<Context>(session: Session, schema: string, recipe: Recipe<Context>): Promise<Place> {
  const created = createdExtensions(recipe.migrations);
  if (created.size > 0) {
    const known = await session.rows<{ name: string; version: string }>(
      `select a.name, coalesce(e.extversion, a.default_version) as version
         from pg_available_extensions a left join pg_extension e on e.extname = a.name
        where a.name in (select jsonb_array_elements_text($1::text::jsonb))`,
      [JSON.stringify([...created])],
    );
    const missing = [...created].filter((name) => !known.some((extension) => extension.name === name));
    await ensureExtensions(
      session,
      [...known, ...missing.map((name) => ({ name, version: "1.0" }))].map((known) => ({ ...known, schema: "public" })),
    );
  }
  const wanted = (await readExtensions(session)).filter((e) => created.has(e.name) || e.schema === "public");
  const schemas = [...new Set(wanted.map((extension) => extension.schema))].sort();
  const shared = await sharedWithOthers(session, schemas);
  const needed = wanted.filter(({ name, schema }) => created.has(name) && shared.includes(schema));
  if (needed.length > 0) {
    throw refusal(
      session,
      recipe,
      needed.map(({ name, schema }) => `the extension ${name} is in ${schema}, which holds other things beside it`),
    );
  }
  const members = new Map<string, string>();
  for (const at of schemas) {
    const here = await readObjectNames(session, at);
    for (const [name, extension] of here.members) {
      if (wanted.some((one) => one.name === extension)) members.set(name, at);
    }
  }
  return {
    schema,
    extensionSchemas: schemas.filter((name) => !shared.includes(name)),
    members,
    owner: session.target.user,
  };
}

/** How many reasons a message tells. */
const TOLD = 10;

function refusal<Context>(
  session: Session,
  { migrations }: Recipe<Context>,
  reasons: readonly string[],
  cause?: unknown,
): TestDbError {
  const unique = [...new Set(reasons)];
  const more = unique.length > TOLD ? [`and ${unique.length - TOLD} more`] : [];
  return new TestDbError("ISOLATION_REFUSED", {
    what: `${session.target.user} may not create databases, and ${migrations.folder} cannot run in a schema instead`,
    why: [...unique.slice(0, TOLD), ...more].join("\n"),
    next: grantOfCreatedb(session.target.user),
    cause,
  });
}

const firstLine = (sql: string): string => {
  const line = sql.trim().replace(/\s+/g, " ");
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
};
