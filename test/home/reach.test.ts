import { describe, expect, it } from "vitest";
import { reachOf } from "../../src/blueprint/reach.ts";
import type { CatalogObject } from "../../src/catalog/read-catalog.ts";
import type { Reference } from "../../src/catalog/read-dependencies.ts";

const object = (schema: string, kind: string, name: string, definition = "{}"): CatalogObject => ({
  schema,
  kind,
  name,
  definition,
});

const reached = (before: CatalogObject[], after: CatalogObject[], references: Reference[] = []): string[] => [
  ...reachOf(before, after, references).outside,
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
    expect(reachOf([], after, [])).toEqual({ outside: [], roles: [] });
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
    expect(reachOf([], after, [])).toEqual({
      outside: [],
      roles: ["made app", "made app in x by y"],
    });
  });

  it("tells once what in public refers out, and not what uses an extension", () => {
    const to = { kind: "table", schema: "auth", name: "auth.users", inside: false };
    const reference: Reference = { kind: "table constraint", name: "fk on public.posts", to };
    const member: Reference = { kind: "table column", name: "public.t.c", to: { ...to, extension: "citext" } };
    expect(reached([], [], [reference, reference, member])).toEqual([
      "refers to table auth.users from table constraint fk on public.posts",
    ]);
  });
});
