/**
 * Makes the first unit from a new replay, under the origin's own name, and compares it with the origin to the letter. If they are
 * equal it stays, as a unit that is as good as any.
 */
import { readCatalog } from "../catalog/read-catalog.ts";
import { readDependencies } from "../catalog/read-dependencies.ts";
import type { Session } from "../connections/session.ts";
import { describeDifferences } from "../proof/describe-differences.ts";
import { differencesBetween, type Side } from "../proof/differences-between.ts";
import { isOutOfLocks } from "../sql/failure.ts";
import { ident } from "../sql/identifiers.ts";
import { postgresWords } from "../sql/sqlstate.ts";
import { refusal } from "./refused.ts";
import type { Origin, Replay } from "./replay-of.ts";

/** What is tried. */
export interface ReplayTrial extends Pick<Origin, "origin" | "members"> {
  readonly replay: Replay;
  /** The origin, read on another session: this one is in the middle of a transaction by then. */
  readonly wanted: Promise<Side>;
  /** Reads it once more. */
  readonly read: () => Promise<Side>;
  /** The name of the unit that is left if all is well. */
  readonly firstUnit: string;
}

/** What the origin is called while the trial has its name. */
const aside = (origin: string): string => ident(`${origin}_aside`);

/**
 * Returns the difference in words, or why Postgres refused the replay; undefined if the unit is there and equal. Otherwise the
 * database is of no use any more.
 */
export async function tryReplay(
  session: Session,
  { origin, members, replay, wanted, read, firstUnit }: ReplayTrial,
): Promise<string | undefined> {
  wanted.catch(() => {});
  const rename = (from: string, to: string): string => `alter schema ${from} rename to ${to};`;
  try {
    const make = (): Promise<void> =>
      session.script(
        `begin; ${rename(ident(origin), aside(origin))} create schema ${ident(origin)}; set local check_function_bodies to off; ${replay.sql}`,
      );
    const origins = await make()
      .then(() => wanted)
      .catch(async (error) => {
        if (!isOutOfLocks(error)) throw error;
        // a small table of locks has room for one after the other
        await session.script("rollback");
        const alone = await read();
        await make();
        return alone;
      });
    // the locks of the making are given back before those of reading are taken: a server's table of locks may be small
    await session.script("commit; begin");
    const made = {
      references: await readDependencies(session, origin),
      objects: await readCatalog(session, { schema: origin }),
    };
    const differences = await differencesBetween(origins, made, session, { origin, members });
    await session.script("rollback");
    if (differences.length > 0) return `a schema made from it is not equal: ${describeDifferences(differences)}`;
    await session.script(
      `${rename(ident(origin), ident(firstUnit))} ${rename(aside(origin), ident(origin))}
       ${replay.boundFunctions.replaceAll(origin, firstUnit)}`,
    );
    return undefined;
  } catch (error) {
    const refused = refusal(error);
    if (!refused) throw error;
    return `its snapshot does not replay: ${postgresWords(refused)}`;
  }
}
