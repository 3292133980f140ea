/**
 * Postgres prints some expressions in another way once they were read back: `IN` over varchars gains casts, for one. So
 * where texts differ, the origin's own definition is made once more beside the unit's, in a transaction that is
 * rolled back: only if it settles on the very text that the unit has are the two the same.
 */
import { KINDS } from "../catalog/kinds.ts";
import type { CatalogObject } from "../catalog/read-catalog.ts";
import type { Settling, Trial } from "../catalog/settling.ts";
import type { Session } from "../connections/session.ts";
import { ident } from "../sql/identifiers.ts";
import { identifierName, tokenize } from "../sql/lexer.ts";

/** A definition, taken apart. */
export type Fields = Readonly<Record<string, unknown>>;

/** A pair of objects whose definitions differ in text. */
export interface Suspect {
  readonly object: CatalogObject;
  readonly origin: Fields;
  readonly unit: Fields;
  /** The fields that differ. */
  readonly fields: readonly string[];
}

/** The suspects that are the same after all. The session has to be in a transaction, which is left as it was. */
export async function settle(session: Session, suspects: readonly Suspect[], schema: string): Promise<Set<Suspect>> {
  const same = new Set<Suspect>();
  const trials = suspects.flatMap((suspect) => {
    const trial = trialOf(suspect, ident(schema));
    return trial ? [{ suspect, trial }] : [];
  });
  if (trials.length === 0) return same;
  await session.script("savepoint it_settle");
  try {
    await session.script("set local check_function_bodies = off; set local client_min_messages = error");
    for (const { suspect, trial } of trials) {
      await session.script("savepoint it_settle_one");
      if (await settlesAlike(session, suspect, trial)) same.add(suspect);
      await session.script("rollback to savepoint it_settle_one");
    }
  } finally {
    await session.script("rollback to savepoint it_settle; release savepoint it_settle");
  }
  return same;
}

async function settlesAlike(session: Session, suspect: Suspect, trial: Trial): Promise<boolean> {
  try {
    await session.script(trial.make);
    const [settled] = await session.rows(trial.read, trial.parameters);
    return suspect.fields.every((field) => {
      const text = suspect.unit[field];
      return typeof text === "string" && settled?.[field] === text;
    });
  } catch {
    // it can't even be made there: that is a difference, and reported as one
    return false;
  }
}

/** How to try it, where Postgres may print the fields that differ in more than one way. */
function trialOf({ object, origin, unit, fields }: Suspect, schema: string): Trial | undefined {
  const settles = SETTLING[object.kind];
  if (!settles || !fields.every((field) => settles.fields.includes(field))) return undefined;
  if (fields.some((field) => typeof origin[field] !== "string" || typeof unit[field] !== "string")) return undefined;
  const [whole = "", part = ""] = nameParts(object.name);
  const text = (field: string): string | undefined =>
    typeof origin[field] === "string" ? (origin[field] as string) : undefined;
  return settles.trial({
    schema,
    whole: `${schema}.${whole}`,
    part,
    has: (field) => fields.includes(field),
    definition: (field) => String(origin[field]),
    parent: text("parent"),
    text,
  });
}

const SETTLING: Readonly<Record<string, Settling>> = Object.assign({}, ...KINDS.map(({ settling }) => settling));

/** `users.email` as its quoted identifiers. */
export function nameParts(name: string): string[] {
  return tokenize(name)
    .filter((token) => identifierName(token) !== undefined)
    .map(({ text }) => text);
}
