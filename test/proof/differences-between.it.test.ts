import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalog } from "../../src/catalog/read-catalog.ts";
import { readDependencies } from "../../src/catalog/read-dependencies.ts";
import { readObjectNames } from "../../src/catalog/read-object-names.ts";
import type { Session } from "../../src/connections/session.ts";
import { describeDifferences } from "../../src/proof/describe-differences.ts";
import { type Difference, differencesBetween, type Side } from "../../src/proof/differences-between.ts";
import { type CreationOrder, inCreationOrder, readCreationOrder } from "../../src/replay/creation-order.ts";
import { forReplay } from "../../src/replay/for-replay.ts";
import { movePublic } from "../../src/replay/move-public.ts";
import { tokenize } from "../../src/sql/lexer.ts";
import { splitStatements } from "../../src/sql/statements.ts";
import { textOf } from "../../src/sql/tokens.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { openOwnDatabase } from "../support/own-database.ts";
import { ENTANGLED, SABOTAGES, SABOTAGES_18, type Sabotage, STRAYS } from "./sabotage.ts";
import { ZOO, ZOO_18, ZOO_WITH_EXTENSIONS } from "./zoo.ts";

const ORIGIN = "it_zoo";

/** A zoo, which was set aside, and a unit of it that has its name. */
interface Pair {
  readonly session: Session;
  readonly isNew: boolean;
  differences(): Promise<Difference[]>;
  /** What is found after the sabotages; nothing of them stays. */
  sabotaged(...sabotages: readonly Sabotage[]): Promise<Difference[]>;
  close(): Promise<void>;
}

async function openPair(label: string, zoo: (version: number) => string): Promise<Pair> {
  const database = await openOwnDatabase(`with_test_db_zoo_${label}_${process.pid}`);
  const { session, target } = database;
  try {
    await session.script(`set search_path to public; ${zoo(session.serverVersion)}; reset search_path`);
    expect(await movePublic(session, ORIGIN)).toBeUndefined();
    const { members } = await readObjectNames(session, "public");
    const wanted = await readSide(session);
    const order = await readCreationOrder(session, ORIGIN);
    const dump = await dumpSchema(target, ORIGIN);
    await session.script(`begin; alter schema ${ORIGIN} rename to ${ORIGIN}_aside; create schema ${ORIGIN};
      set local search_path to ${ORIGIN}, public; set local check_function_bodies to off;
      ${replayed(dump, target.user, order)}; commit`);
    const inTransaction = async (work: () => Promise<unknown>): Promise<Difference[]> => {
      await session.script(`begin; set local search_path to ${ORIGIN}, public`);
      try {
        await work();
        return await differencesBetween(wanted, await readSide(session), session, { origin: ORIGIN, members });
      } finally {
        await session.script("rollback");
      }
    };
    return {
      session,
      isNew: session.serverVersion >= 180000,
      differences: () => inTransaction(async () => {}),
      sabotaged: (...sabotages) =>
        inTransaction(async () => {
          for (const [, , sql] of sabotages) await session.script(sql);
        }),
      close: () => database.drop(),
    };
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/** The dump, with what the zoo's few functions say replaced by hand: what makes replays is not on trial here. */
const replayed = (dump: string, owner: string, order: CreationOrder): string =>
  inCreationOrder(splitStatements(tokenize(dump)), order)
    .map((statement) => textOf(forReplay(statement, owner) ?? []))
    .map((text) =>
      text.startsWith("CREATE FUNCTION")
        ? text
            .replace(/public\.(keepers|visitors)/g, `${ORIGIN}.$1`)
            .replace(/(search_path"? TO )('?)public\2/gi, `$1$2${ORIGIN}$2, $2public$2`)
        : text,
    )
    .join(";\n");

async function readSide(session: Session): Promise<Side> {
  const references = await readDependencies(session, ORIGIN);
  return { references, objects: await readCatalog(session, { schema: ORIGIN }) };
}

const isNamed = (found: readonly Difference[], [kind, name]: Sabotage): boolean =>
  found.some((difference) => difference.kind === kind && difference.name.includes(name));

const told = (found: readonly Difference[]): string => describeDifferences(found) || "nothing was found";

describe("a unit compared with its origin", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await openPair("plain", (version) => (version >= 180000 ? ZOO + ZOO_18 : ZOO));
  });
  afterAll(() => pair?.close());

  it("is equal when nothing was done to it, awkward deparsing included", async () => {
    expect(describeDifferences(await pair.differences())).toBe("");
  });

  it("leaves nothing behind in the transaction", async () => {
    const seen: unknown[] = [];
    await pair.sabotaged();
    const [row] = await pair.session.rows("select to_regclass('it_zoo.it_settle') as scratch");
    seen.push(row);
    expect(seen).toEqual([{ scratch: null }]);
  });

  it.each(SABOTAGES)("names %s %s after: %s", async (...sabotage) => {
    const found = await pair.sabotaged(sabotage);
    expect(isNamed(found, sabotage), told(found)).toBe(true);
  });

  it.each(SABOTAGES_18)("on PostgreSQL 18 names %s %s after: %s", async (...sabotage) => {
    if (!pair.isNew) return;
    const found = await pair.sabotaged(sabotage);
    expect(isNamed(found, sabotage), told(found)).toBe(true);
  });

  it.each(STRAYS)("sees %s %s lean on what it was made from after: %s", async (...stray) => {
    const found = await pair.sabotaged(stray);
    expect(isNamed(found, stray), told(found)).toBe(true);
  });

  it("never calls a unit equal after any combination of sabotages", async () => {
    const some = fc.uniqueArray(fc.constantFrom(...SABOTAGES, ...STRAYS), {
      minLength: 1,
      maxLength: 4,
      selector: ([, name]) => name,
    });
    await fc.assert(
      fc.asyncProperty(some, async (sabotages) => {
        const found = await pair.sabotaged(...sabotages).catch((error: Error) => error);
        // one may have dropped what another was to change
        fc.pre(!(found instanceof Error));
        expect(found).not.toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a unit that uses extensions", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await openPair("extended", () => ZOO_WITH_EXTENSIONS);
  });
  afterAll(() => pair?.close());

  it("is equal, wherever a member is named", async () => {
    expect(describeDifferences(await pair.differences())).toBe("");
  });

  it.each(ENTANGLED)("names %s %s after: %s", async (...sabotage) => {
    const found = await pair.sabotaged(sabotage);
    expect(isNamed(found, sabotage), told(found)).toBe(true);
  });
});
