import { describe, expect, it } from "vitest";
import type { Kind } from "../../src/catalog/kind.ts";
import { KINDS } from "../../src/catalog/kinds.ts";

const settlingOf = ({ settling = {} }: Kind) => Object.entries(settling);

describe("the list of kinds", () => {
  it("has one entry for each catalog", () => {
    const catalogs = KINDS.map(({ catalog }) => catalog);
    expect(new Set(catalogs).size).toBe(catalogs.length);
  });

  it("says why, where a kind has nothing to say", () => {
    for (const { catalog, place } of KINDS) {
      if ("none" in place) expect(place.none, catalog).toMatch(/\w+ \w+/);
    }
  });

  it("compares whatever has a name in a schema", () => {
    const named = KINDS.filter(({ place }) => "schema" in place);
    const forgotten = named.filter(({ definitions }) => definitions.length === 0);
    expect(forgotten.map(({ catalog }) => catalog)).toEqual([]);
  });

  it("takes a field for data under its name wherever two schemas are compared, or nowhere", () => {
    const compared = KINDS.flatMap(({ definitions }) => definitions).filter(({ only }) => only !== "outside");
    const data = new Set(compared.flatMap(({ data = {} }) => Object.keys(data)));
    expect(compared.flatMap(({ fields = {} }) => Object.keys(fields)).filter((field) => data.has(field))).toEqual([]);
  });

  it("settles fields that are compared, of kinds that it names", () => {
    for (const entry of KINDS) {
      for (const [kind, { fields }] of settlingOf(entry)) {
        const definition = entry.definitions.find(({ object }) => object[1].includes(`'${kind}'`));
        expect(Object.keys(definition?.fields ?? {}), kind).toEqual(expect.arrayContaining([...fields]));
      }
    }
  });

  it("settles every field of a schema's objects that Postgres prints from an expression", () => {
    const printed = /pg_get_(expr|\w+def|function_(arguments|sqlbody))\(/;
    const unsettled = KINDS.flatMap((entry) => {
      const settled = settlingOf(entry).flatMap(([, { fields }]) => fields);
      return entry.definitions
        .filter(({ only }) => only !== "outside")
        .flatMap(({ fields = {} }) => Object.entries(fields))
        .filter(([field, sql]) => printed.test(sql) && !settled.includes(field))
        .map(([field]) => `${entry.catalog} ${field}`);
    });
    // a bound is made of constants
    expect(unsettled).toEqual(["pg_class partitionBound"]);
  });
});
