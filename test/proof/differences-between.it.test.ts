import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalog } from "../../src/catalog/read-catalog.ts";
import { readDependencies } from "../../src/catalog/read-dependencies.ts";
import { readObjectNames } from "../../src/catalog/read-object-names.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { describeDifferences } from "../../src/proof/describe-differences.ts";
import { type Difference, differencesBetween, type Side } from "../../src/proof/differences-between.ts";
import { retarget } from "../../src/retarget/retarget.ts";
import type { Retargeting } from "../../src/retarget/retargeting.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { testTarget } from "../support/target.ts";
import { ENTANGLED, SABOTAGES, SABOTAGES_18, type Sabotage, STRAYS } from "./sabotage.ts";
import { ZOO, ZOO_18, ZOO_WITH_EXTENSIONS } from "./zoo.ts";

const UNIT = "it_zoo";

/** A blueprint with the zoo in its `public`, and a unit of it in another database. */
interface Pair {
  readonly blueprint: Session;
  readonly unit: Session;
  readonly retargeting: Retargeting;
  replay(schema: string): Promise<void>;
  differences(schema?: string): Promise<Difference[]>;
  /** The same, in a transaction that was begun. */
  differencesInTransaction(schema?: string): Promise<Difference[]>;
  /** What is found after the sabotages; nothing of them stays. */
  sabotaged(...sabotages: readonly Sabotage[]): Promise<Difference[]>;
  close(): Promise<void>;
}

async function openPair(
  label: string,
  zoo: (version: number) => string,
  prepareUnit: (zoo: string) => string,
): Promise<Pair> {
  const target = await testTarget();
  const server = await openSession(target);
  const suffix = `${process.pid}_${Date.now().toString(36)}`;
  const names = [`with_test_db_zoo_${label}_${suffix}`, `with_test_db_zoo_${label}_unit_${suffix}`] as const;
  for (const name of names) await server.script(`create database ${ident(name)} template template0`);
  const dropAll = async (): Promise<void> => {
    for (const name of names) await server.script(`drop database if exists ${ident(name)} with (force)`);
    await server.close();
  };
  try {
    return await fillPair(target, names, server.serverVersion, zoo, prepareUnit, dropAll);
  } catch (error) {
    await dropAll();
    throw error;
  }
}

async function fillPair(
  target: Target,
  names: readonly [string, string],
  version: number,
  zoo: (version: number) => string,
  prepareUnit: (zoo: string) => string,
  dropAll: () => Promise<void>,
): Promise<Pair> {
  const [blueprint, unit] = await Promise.all([
    openSession(onDatabase(target, names[0])),
    openSession(onDatabase(target, names[1])),
  ]);
  const made = zoo(version);
  await blueprint.script(`set search_path to public; ${made}; reset search_path`);
  await unit.script(`set search_path to public; ${prepareUnit(made)}; reset search_path`);
  const { own, members } = await readObjectNames(blueprint, "public");
  const shared = new Map([...members.keys()].map((name) => [name, "shared"]));
  const retargeting: Retargeting = { from: "public", to: UNIT, own, members: shared, owner: target.user };
  const dump = await dumpSchema(onDatabase(target, names[0]), "public");

  const pair: Pair = {
    blueprint,
    unit,
    retargeting,
    async replay(schema) {
      await unit.script(`begin; create schema ${ident(schema)}; grant usage on schema ${ident(schema)} to public;
        set local search_path to ${ident(schema)}, shared; set local check_function_bodies to off;
        ${retarget(dump, { ...retargeting, to: schema })}; commit`);
    },
    async differences(schema) {
      await unit.script("begin");
      return pair.differencesInTransaction(schema).finally(() => unit.script("rollback"));
    },
    async differencesInTransaction(schema = UNIT) {
      const [wanted, made] = await Promise.all([readSide(blueprint, retargeting.from), readSide(unit, schema)]);
      return differencesBetween(wanted, made, unit, { ...retargeting, to: schema });
    },
    async sabotaged(...sabotages) {
      await unit.script(`begin; set local search_path to ${UNIT}, shared`);
      try {
        for (const [, , sql] of sabotages) await unit.script(sql);
        return await pair.differencesInTransaction();
      } finally {
        await unit.script("rollback");
      }
    },
    async close() {
      await Promise.all([blueprint.close(), unit.close()]);
      await dropAll();
    },
  };
  await pair.replay(UNIT);
  return pair;
}

async function readSide(session: Session, schema: string): Promise<Side> {
  const references = await readDependencies(session, schema);
  return { references, objects: await readCatalog(session, { schema }) };
}

const isNamed = (found: readonly Difference[], [kind, name]: Sabotage): boolean =>
  found.some((difference) => difference.kind === kind && difference.name.includes(name));

const told = (found: readonly Difference[]): string => describeDifferences(found) || "nothing was found";

describe("a unit compared with its blueprint", () => {
  let pair: Pair;
  beforeAll(async () => {
    // the target's own public holds objects of the same names: whatever strays there would be found
    pair = await openPair(
      "plain",
      (version) => (version >= 180000 ? ZOO + ZOO_18 : ZOO),
      (zoo) => zoo,
    );
  });
  afterAll(() => pair?.close());

  it("is equal when nothing was done to it, awkward deparsing included", async () => {
    expect(describeDifferences(await pair.differences())).toBe("");
  });

  it("is equal, and leaves nothing behind in the transaction", async () => {
    await pair.unit.script("begin; set local search_path to public");
    try {
      expect(await pair.differencesInTransaction()).toEqual([]);
      const [row] = await pair.unit.rows(
        "select current_setting('search_path') as path, to_regclass('it_zoo.it_settle') as scratch",
      );
      expect(row).toEqual({ path: "public", scratch: null });
    } finally {
      await pair.unit.script("rollback");
    }
  });

  it("is equal under any name a unit can have", async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^it_[a-z0-9_]{1,40}$/), async (schema) => {
        fc.pre(schema !== UNIT);
        await pair.replay(schema);
        try {
          expect(describeDifferences(await pair.differences(schema))).toBe("");
        } finally {
          await pair.unit.script(`drop schema ${ident(schema)} cascade`);
        }
      }),
      { numRuns: 5 },
    );
  });

  it.each(SABOTAGES)("names %s %s after: %s", async (...sabotage) => {
    const found = await pair.sabotaged(sabotage);
    expect(isNamed(found, sabotage), told(found)).toBe(true);
  });

  it.each(SABOTAGES_18)("on PostgreSQL 18 names %s %s after: %s", async (...sabotage) => {
    if (pair.unit.serverVersion < 180000) return;
    const found = await pair.sabotaged(sabotage);
    expect(isNamed(found, sabotage), told(found)).toBe(true);
  });

  it.each(STRAYS)("sees %s %s lean on the target's own tables after: %s", async (...stray) => {
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

describe("a unit that uses extensions which live elsewhere in the target", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await openPair(
      "extended",
      () => ZOO_WITH_EXTENSIONS,
      () => `create schema shared; create extension citext schema shared; create extension pg_trgm schema shared;
        create extension hstore schema shared`,
    );
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
