/**
 * What the migrations did outside of `public`, known by comparing the catalog from before them with the one from after
 * them; and what in `public` leans on something outside. Where either is anything, a schema cannot hold it all.
 */
import { CLUSTER_WIDE, isPartOf } from "../catalog/parts.ts";
import type { CatalogObject } from "../catalog/read-catalog.ts";
import type { Reference } from "../catalog/read-dependencies.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { namePattern } from "../sql/identifiers.ts";
import { identifierName, tokenize } from "../sql/lexer.ts";

export interface Reach {
  /** What speaks against a schema, in words: "made table auth.keys". */
  readonly outside: readonly string[];
  /** What the migrations did that belongs to the whole cluster, and is isolated by nothing: "made app_reader". */
  readonly roles: readonly string[];
}

const JOURNAL_SCHEMA = "drizzle";
const JOURNAL_TABLE = "__drizzle_migrations";

/**
 * Pure.
 *
 * @param before - the catalog outside of `public` when the migrations began
 * @param after - the same when they had ended
 * @param references - what the objects in `public` depend on; what is inside of it itself does not count
 * @param migrations - only what they name of the cluster is theirs: others may make and drop roles meanwhile
 */
export function reachOf(
  before: readonly CatalogObject[],
  after: readonly CatalogObject[],
  references: readonly Reference[],
  { list }: Pick<Migrations, "list">,
): Reach {
  const changes = changesBetween(before.filter(isOutside), after.filter(isOutside));
  const outside: string[] = [];
  const roles: string[] = [];
  for (const { object, why } of changes) {
    if (isPartOfChanged(object, changes)) continue;
    if (CLUSTER_WIDE.has(object.kind)) {
      if (namesOf(object).some((name) => list.some(({ text }) => mentions(text, name))))
        roles.push(`${why} ${object.name}`);
    } else outside.push(`${why} ${object.kind} ${nameOf(object)}`);
  }
  for (const { kind, name, to } of references) {
    if (!to.inside && to.extension === undefined && !isShareable(to, before))
      outside.push(`refers to ${to.kind} ${to.name} from ${kind} ${name}`);
  }
  // a foreign key depends on each of its columns
  return { outside: [...new Set(outside)], roles };
}

/**
 * Whether units may lean on it together, as on an extension: a function that was there before, where none that was, which it may
 * call, can tell by its text in which schema a table is.
 */
const isShareable = ({ kind, schema }: Reference["to"], before: readonly CatalogObject[]): boolean =>
  ROUTINE.test(kind) &&
  schema !== "public" &&
  before.some((object) => object.kind === "schema" && object.name === schema) &&
  !before.some((object) => ROUTINE.test(object.kind) && TELLS_SCHEMA.test(object.definition));

const TELLS_SCHEMA =
  /current_schema|\btg_(table_schema|relid|argv)\b|\b(to_)?reg(class|type|proc|procedure|namespace)\b|\bpg_(class|namespace|tables|type|proc|attribute)\b|information_schema|\bexecute\b/i;

const ROUTINE = /^(function|procedure)$/;

/**
 * What `prepare` made that no two schemas can have in common: what a test changes without DDL, and text that names a schema.
 *
 * @param before - the catalog outside of `public` when the migrations began
 */
export function inCommon(before: readonly CatalogObject[]): string[] {
  return before.filter(isOutside).flatMap((object) => {
    const what = `${object.kind} ${nameOf(object)}`;
    if (/^(table|partitioned table|sequence)$/.test(object.kind))
      return [`prepare made ${what}, which all schemas would share`];
    if (!ROUTINE.test(object.kind)) return [];
    const { body, config } = JSON.parse(object.definition) as { body?: string; config?: unknown };
    return /public/i.test(`${body} ${JSON.stringify(config)}`) ? [`prepare made ${what}, which says public`] : [];
  });
}

/** Whom a change is about: the role, or a membership's two. */
function namesOf({ kind, name }: CatalogObject): string[] {
  const names = tokenize(name).flatMap((token) => identifierName(token) ?? []);
  // member in role by grantor
  return kind === "role membership" ? [names[0] ?? "", names[2] ?? ""] : names.slice(0, 1);
}

/** Whether the text has the name as a whole word, in code within literals, too. */
const mentions = (text: string, name: string): boolean =>
  new RegExp(`(?<![\\w$])${namePattern(name).replaceAll('"', '"{1,2}')}(?![\\w$])`, "i").test(text);

interface Change {
  readonly object: CatalogObject;
  readonly why: "made" | "changed" | "removed";
}

function changesBetween(before: readonly CatalogObject[], after: readonly CatalogObject[]): Change[] {
  const earlier = new Map(before.map((object) => [keyOf(object), object]));
  const changes: Change[] = [];
  for (const object of after) {
    const was = earlier.get(keyOf(object));
    earlier.delete(keyOf(object));
    if (!was) {
      if (!isSharedExtension(object)) changes.push({ object, why: "made" });
    } else if (was.definition !== object.definition) changes.push({ object, why: "changed" });
  }
  for (const object of earlier.values()) changes.push({ object, why: "removed" });
  return changes;
}

const keyOf = ({ schema, kind, name }: CatalogObject): string => JSON.stringify([schema, kind, name]);

/** The journal is ours to leave out. */
function isOutside({ schema, kind, name }: CatalogObject): boolean {
  if (schema === "public") return false;
  if (schema !== JOURNAL_SCHEMA) return true;
  return kind !== "schema" && !name.startsWith(JOURNAL_TABLE);
}

/** An extension made in `public` is at home in any unit: the target gets it once. */
function isSharedExtension({ kind, definition }: CatalogObject): boolean {
  return kind === "extension" && (JSON.parse(definition) as { schema?: string }).schema === "public";
}

/** What comes or goes with a schema, or with a table, needs no line of its own. */
const isPartOfChanged = (object: CatalogObject, changes: readonly Change[]): boolean =>
  changes.some(({ object: whole, why }) => why !== "changed" && isPartOf(object, whole));

function nameOf({ schema, kind, name }: CatalogObject): string {
  return schema === "" || kind === "schema" ? name : `${schema}.${name}`;
}
