import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CatalogObject, readCatalog } from "../../src/catalog/read-catalog.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase } from "../../src/target/target.ts";
import { ZOO } from "../proof/zoo.ts";
import { testTarget } from "../support/target.ts";

const DATABASE = `with_test_db_catalog_${process.pid}_${Date.now().toString(36)}`;

describe("readCatalog", () => {
  let server: Session;
  let session: Session;
  let objects: CatalogObject[];

  const named = (kind: string): string[] => objects.filter((object) => object.kind === kind).map(({ name }) => name);
  const definition = (kind: string, name: string): Record<string, unknown> =>
    JSON.parse(objects.find((object) => object.kind === kind && object.name === name)?.definition ?? "null");

  beforeAll(async () => {
    const target = await testTarget();
    server = await openSession(target);
    await server.script(`create database ${ident(DATABASE)} template template0`);
    session = await openSession(onDatabase(target, DATABASE));
    await session.script(`set search_path to public; ${ZOO}; create extension citext schema public;
      create table emptied (id integer, kind regclass); insert into emptied values (1); delete from emptied;
      create table named (thing regclass, place regnamespace); insert into named values ('keepers', 'public'); reset search_path`);
    objects = await readCatalog(session, { schema: "public" });
  });

  afterAll(async () => {
    await session?.close();
    await server.script(`drop database if exists ${ident(DATABASE)} with (force)`);
    await server.close();
  });

  it("lists every kind of object", () => {
    expect([...new Set(objects.map(({ kind }) => kind))]).toEqual([
      "aggregate",
      "collation",
      "column",
      "composite type",
      "constraint",
      "conversion",
      "default privileges",
      "domain",
      "domain constraint",
      "enum",
      "function",
      "index",
      "materialized view",
      "multirange type",
      "operator",
      "operator class",
      "operator family",
      "partitioned table",
      "policy",
      "procedure",
      "range type",
      "rows",
      "rule",
      "schema",
      "sequence",
      "sequence state",
      "statistics",
      "table",
      "text search configuration",
      "text search dictionary",
      "text search parser",
      "text search template",
      "trigger",
      "type",
      "view",
    ]);
  });

  it("names each object once, in a stable order, and reads the same again", async () => {
    const keys = objects.map(({ kind, name }) => `${kind} ${name}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await readCatalog(session, { schema: "public" })).toEqual(objects);
  });

  it("leaves members of extensions out", () => {
    expect(objects.filter(({ name }) => name.includes("citext"))).toEqual([]);
  });

  it("quotes names where SQL would need it", () => {
    expect(named("table")).toContain('"Odd ""name"');
    expect(named("column")).toContain('"Odd ""name"."a.b"');
  });

  it("counts live columns only", () => {
    expect(definition("column", "keepers.id")).toMatchObject({ position: 1, identity: "d", notNull: true });
    expect(definition("column", "keepers.name")).toMatchObject({ position: 2, statistics: 500 });
  });

  it("knows a sequence's state, whether it was called or not", () => {
    expect(definition("sequence state", "tickets")).toEqual({ last: 45, called: true });
    expect(definition("sequence state", "set_not_called")).toEqual({ last: 77, called: false });
    expect(definition("sequence", "keepers_serial_no_seq")).toMatchObject({
      ownedBy: ["public.keepers", "serial_no", "a"],
    });
  });

  it("has rows of tables that hold some, and nothing where all were deleted", () => {
    expect(named("rows")).toEqual([
      '"Odd ""name"',
      "cages_2025",
      "cages_rest",
      "census",
      "children",
      "keepers",
      "named",
      "parents",
    ]);
    expect(definition("rows", "keepers")).toMatchObject({ count: 3 });
  });

  it("takes grants that were spelled out for what they are by default", async () => {
    await session.script(
      "begin; grant all on public.feedings to current_user; grant execute on function public.touch() to public",
    );
    try {
      expect(await readCatalog(session, { schema: "public" })).toEqual(objects);
    } finally {
      await session.script("rollback");
    }
  });

  it("keeps the options that Postgres sets for itself out", () => {
    expect(objects.filter(({ definition }) => definition.includes("pg_attver"))).toEqual([]);
  });
});
