import { describe, expect, it } from "vitest";
import type { CatalogObject } from "../../src/catalog/read-catalog.ts";
import type { Reference } from "../../src/catalog/read-dependencies.ts";
import { inCommon, reachOf } from "../../src/home/reach.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { journalFolder } from "../support/migrations.ts";

const object = (schema: string, kind: string, name: string, definition = "{}"): CatalogObject => ({
  schema,
  kind,
  name,
  definition,
});

const migrationsOf = (text: string) => readMigrations(journalFolder({ "0000_a": text }));

const reached = (before: CatalogObject[], after: CatalogObject[], references: Reference[] = []): string[] => [
  ...reachOf(before, after, references, migrationsOf("")).outside,
];

describe("reachOf", () => {
  it("is empty where only the journal and what is in public came", () => {
    const after = [
      object("drizzle", "schema", "drizzle"),
      object("drizzle", "table", "__drizzle_migrations"),
      object("drizzle", "column", "__drizzle_migrations.id"),
      object("drizzle", "sequence", "__drizzle_migrations_id_seq"),
      object("drizzle", "rows", "__drizzle_migrations"),
      object("public", "table", "users"),
      object("", "extension", "citext", '{"schema": "public", "version": "1.6"}'),
    ];
    expect(reachOf([], after, [], migrationsOf(""))).toEqual({ outside: [], roles: [] });
  });

  it("tells what was made, changed and removed", () => {
    const before = [object("auth", "table", "users"), object("auth", "view", "v", '{"a": 1}')];
    const after = [object("auth", "view", "v", '{"a": 2}'), object("", "publication", "p")];
    expect(reached(before, after)).toEqual(["changed view auth.v", "made publication p", "removed table auth.users"]);
  });

  it("leaves out the parts of what was made or removed", () => {
    const after = [
      object("shop", "schema", "shop"),
      object("shop", "table", "orders"),
      object("shop", "column", "orders.id"),
      object("auth", "table", "keys"),
      object("auth", "column", "keys.id"),
      object("auth", "rows", "keys"),
      object("auth", "policy", "users.own"),
    ];
    expect(reached([], after)).toEqual(["made schema shop", "made table auth.keys", "made policy auth.users.own"]);
  });

  it("tells something else in the journal's schema", () => {
    expect(reached([], [object("drizzle", "table", "notes")])).toEqual(["made table drizzle.notes"]);
  });

  it("tells an extension elsewhere, one that was there before and changed, and one that went", () => {
    const extension = (name: string, schema: string, version = "1") =>
      object("", "extension", name, JSON.stringify({ schema, version }));
    expect(reached([], [extension("citext", "extensions")])).toEqual(["made extension citext"]);
    expect(reached([extension("citext", "public")], [extension("citext", "public", "2")])).toEqual([
      "changed extension citext",
    ]);
    expect(reached([extension("citext", "public")], [])).toEqual(["removed extension citext"]);
  });

  it("keeps what belongs to the cluster apart", () => {
    const after = [object("", "role", "app"), object("", "role membership", "app in x by y")];
    expect(reachOf([], after, [], migrationsOf("create role app"))).toEqual({
      outside: [],
      roles: ["made app", "made app in x by y"],
    });
  });

  it.each<[kind: string, name: string, theirs: string, others: string]>([
    ["role", "app", "do $$ begin create role app; end $$", "create table app_users (app2 text, my_app text)"],
    ["role", '"My ""app"', 'create role "My ""app"', "create role my"],
    ["role setting", "app work_mem", "ALTER ROLE App SET work_mem = '1MB'", "set work_mem = '1MB'"],
    ["role setting", "work_mem", "alter role all set work_mem = '1MB'", "select 1"],
    ["role membership", "postgres in app by owner", "grant app to current_user", "alter table t owner to owner"],
    ["role membership", "app in pg_monitor by owner", "grant pg_monitor to app", "set role owner"],
    ["tablespace", "fast", "create tablespace fast location '/x'", "create table faster ()"],
  ])(
    "tells of a %s called %s where the migrations say so, and not where somebody else made it",
    (kind, name, theirs, others) => {
      const after = [object("", kind, name)];
      expect(reachOf([], after, [], migrationsOf(theirs)).roles).toEqual([`made ${name}`]);
      expect(reachOf([], after, [], migrationsOf(others)).roles).toEqual([]);
      expect(reachOf(after, [], [], migrationsOf(others)).roles).toEqual([]);
    },
  );

  it("tells once what in public refers out, and not what uses an extension", () => {
    const to = { kind: "table", schema: "auth", name: "auth.users", inside: false };
    const reference: Reference = { kind: "table constraint", name: "fk on public.posts", to };
    const member: Reference = { kind: "table column", name: "public.t.c", to: { ...to, extension: "citext" } };
    expect(reached([], [], [reference, reference, member])).toEqual([
      "refers to table auth.users from table constraint fk on public.posts",
    ]);
  });
});

describe("reachOf, of what prepare made", () => {
  const to = { kind: "function", schema: "auth", name: "auth.uid()", inside: false };
  const reference: Reference = { kind: "policy", name: "own on public.notes", to };
  const there = [object("auth", "schema", "auth"), object("auth", "function", "uid()")];

  it("tells of no function that was there, since units may lean on it together", () => {
    expect(reached(there, there, [reference])).toEqual([]);
  });

  it("tells of one whose schema was not there, of one that changed, and of all else", () => {
    expect(reached([], there, [reference])).toEqual([
      "made schema auth",
      "refers to function auth.uid() from policy own on public.notes",
    ]);
    const changed = [object("auth", "schema", "auth"), object("auth", "function", "uid()", '{"body": "select 1"}')];
    expect(reached(there, changed, [reference])).toEqual(["changed function auth.uid()"]);
    for (const body of [
      "insert into log values (TG_TABLE_SCHEMA)",
      "select current_schema()",
      "select 'a'::regclass",
    ]) {
      const tells = [...there, object("auth", "function", "guard()", JSON.stringify({ body }))];
      expect(reached(tells, tells, [reference])).toHaveLength(1);
    }
    for (const kind of ["table", "view", "type", "aggregate", "sequence"]) {
      expect(reached(there, there, [{ ...reference, to: { ...to, kind } }])).toHaveLength(1);
    }
  });
});

describe("inCommon", () => {
  it("is empty where prepare made nothing that schemas can't have in common", () => {
    expect(
      inCommon([
        object("auth", "schema", "auth"),
        object("auth", "function", "auth.uid()", '{"body": "select 1"}'),
        object("auth", "view", "v", '{"query": "select public.f()"}'),
        object("drizzle", "table", "__drizzle_migrations"),
        object("public", "table", "users"),
      ]),
    ).toEqual([]);
  });

  it("tells tables and sequences, and functions whose text says public", () => {
    expect(
      inCommon([
        object("auth", "table", "users"),
        object("auth", "sequence", "ids"),
        object("auth", "function", "f()", '{"body": "select * from Public.users"}'),
        object("auth", "procedure", "p()", '{"body": "", "config": ["search_path=public"]}'),
      ]),
    ).toEqual([
      "prepare made table auth.users, which all schemas would share",
      "prepare made sequence auth.ids, which all schemas would share",
      "prepare made function auth.f(), which says public",
      "prepare made procedure auth.p(), which says public",
    ]);
  });
});
