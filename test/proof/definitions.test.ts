import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Retargeting } from "../../src/blueprint/retargeting.ts";
import { sameBody } from "../../src/proof/bodies.ts";
import { differingFields, sameDefinition } from "../../src/proof/definitions.ts";

const names: Retargeting = {
  from: "public",
  to: "it_unit",
  own: new Set(["users", "users_id_seq", "notes", "mood"]),
  members: new Map([
    ["citext", "shared"],
    ["similarity", "shared"],
    ["uuid_generate_v4", "public"],
  ]),
  owner: "me",
};

describe("sameDefinition", () => {
  it.each([
    ["SELECT id FROM public.users", "SELECT id FROM it_unit.users"],
    ["nextval('public.users_id_seq'::regclass)", "nextval('it_unit.users_id_seq'::regclass)"],
    ["nextval(('public.users_id_seq'::text)::regclass)", "nextval(('it_unit.users_id_seq'::text)::regclass)"],
    ["'x'::public.citext", "'x'::shared.citext"],
    ["public.uuid_generate_v4()", "public.uuid_generate_v4()"],
    ["(name = 'public'::text)", "(name = 'public'::text)"],
    ["(name = 'public.users'::text)", "(name = 'public.users'::text)"],
    ["SELECT public.id FROM x public", "SELECT public.id FROM x public"],
    ["'public'::regnamespace", "'it_unit'::regnamespace"],
  ])("takes %s and %s for the same", (before, after) => {
    expect(sameDefinition(before, after, names)).toBe(true);
  });

  it.each([
    ["SELECT id FROM public.users", "SELECT id FROM public.users"],
    ["SELECT id FROM public.users", "SELECT id FROM it_other.users"],
    ["nextval('public.users_id_seq'::regclass)", "nextval('public.users_id_seq'::regclass)"],
    ["nextval('public.users_id_seq'::text)", "nextval('public.users_id_seq'::text)"],
    ["(name = 'public'::text)", "(name = 'it_unit'::text)"],
    ["(name = 'public.users'::text)", "(name = 'it_unit.users'::text)"],
    ["'x'::public.citext", "'x'::it_unit.citext"],
    ["public.uuid_generate_v4()", "shared.uuid_generate_v4()"],
    ["(a > 1)", "(a > 2)"],
    [
      "CREATE TRIGGER t BEFORE INSERT ON public.users EXECUTE FUNCTION f('public.users')",
      "CREATE TRIGGER t BEFORE INSERT ON it_unit.users EXECUTE FUNCTION f('public.users')",
    ],
  ])("tells %s from %s", (before, after) => {
    expect(sameDefinition(before, after, names)).toBe(false);
  });
});

describe("sameBody", () => {
  const same = (before: string, after: string): boolean => sameBody(before, after, "plpgsql", names);

  it.each([
    ["select 1 from public.users", 'select 1 from "it_unit".users'],
    ["select public.similarity(a, b)", "select shared.similarity(a, b)"],
    ["-- public.users\nselect 1", "-- it_unit.users\nselect 1"],
    ["execute 'delete from public.users'", "execute 'delete from it_unit.users'"],
    ["if visibility = 'public' then", "if visibility = 'public' then"],
    ["where table_schema = 'public'", "where table_schema = 'it_unit'"],
    ["where n.nspname in ('public')", "where n.nspname in ('it_unit')"],
    ["set local search_path to public, pg_temp;", 'set local search_path to "it_unit", pg_temp;'],
    ["perform set_config('search_path', 'public', true)", "perform set_config('search_path', 'it_unit', true)"],
    [
      "set search_path to public; select similarity(a, b)",
      "set search_path to it_unit, shared; select similarity(a, b)",
    ],
    ["execute $q$ select public.users.id $q$", "execute $q$ select it_unit.users.id $q$"],
    ["grant select on all tables in schema public to x", "grant select on all tables in schema it_unit to x"],
    ["select format('%I.%I', 'public', t)", "select format('%I.%I', 'it_unit', t)"],
    ["select u.public.x", "select u.public.x"],
  ])("takes %s and %s for the same", (before, after) => {
    expect(same(before, after)).toBe(true);
  });

  it.each([
    ["select 1 from public.users", "select 1 from public.users"],
    ["select 1 from public.gone", "select 1 from public.gone"],
    ["execute 'delete from public.users'", "execute 'delete from public.users'"],
    ["if visibility = 'public' then", "if visibility = 'it_unit' then"],
    ["where table_schema = 'public'", "where table_schema = 'public'"],
    ["schema_name constant text := 'public';", "schema_name constant text := 'public';"],
    ["select format('%I.%I', 'public', t)", "select format('%I.%I', 'public', t)"],
    ["select quote_ident('public') || t", "select quote_ident('public') || t"],
    ["set local search_path to public;", "set local search_path to public;"],
    ["set local search_path to public;", "set local search_path to it_unit, elsewhere;"],
    ["perform set_config('search_path', 'public', true)", "perform set_config('search_path', 'public', true)"],
    ["set search_path to public; select similarity(a, b)", "set search_path to it_unit; select similarity(a, b)"],
    ["select 1", "select 2"],
    ["select 1", "select 1;"],
    ["select 'a'", "select 'b'"],
    ["grant select on all tables in schema public to x", "grant select on all tables in schema public to x"],
  ])("tells %s from %s", (before, after) => {
    expect(same(before, after)).toBe(false);
  });

  it("looks at languages it cannot read as text", () => {
    expect(
      sameBody("return plpy.execute('public.users')", "return plpy.execute('it_unit.users')", "plpython3u", names),
    ).toBe(true);
    expect(
      sameBody("return plpy.execute('public.users')", "return plpy.execute('public.users')", "plpython3u", names),
    ).toBe(false);
    expect(sameBody("public.users", "it_unit.users", "c", names)).toBe(false);
  });

  it("never takes two different bodies that name no schema for the same", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        fc.pre(a !== b && !/public|it_unit|shared/i.test(a + b));
        expect(same(a, b)).toBe(false);
        expect(same(a, a)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("differingFields", () => {
  it("names the fields that differ, and takes data letter by letter", () => {
    const blueprint = { comment: "see public.users", default: "'public'::text", type: "public.mood", position: 1 };
    expect(differingFields(blueprint, { ...blueprint, type: "it_unit.mood" }, names)).toEqual([]);
    expect(differingFields(blueprint, { ...blueprint, comment: "see it_unit.users", position: 2 }, names)).toEqual([
      "comment",
      "position",
      "type",
    ]);
    expect(differingFields({ a: 1 }, {}, names)).toEqual(["a"]);
  });

  it("follows the schema through a search path", () => {
    const path = (value: string, body = ""): object => ({
      config: [`search_path=${value}`, "work_mem=1MB"],
      body,
      language: "sql",
    });
    const differs = (before: string, after: string, body = ""): boolean =>
      differingFields(path(before, body) as never, path(after, body) as never, names).length > 0;
    expect(differs("public", "it_unit")).toBe(false);
    expect(differs("public, pg_temp", "it_unit, shared, pg_temp")).toBe(false);
    expect(differs('"$user", public', '"$user", it_unit')).toBe(false);
    expect(differs('""', '""')).toBe(false);
    expect(differs("public", "public")).toBe(true);
    expect(differs("public, pg_temp", "it_unit")).toBe(true);
    expect(differs("public", "it_unit, elsewhere")).toBe(true);
    expect(differs("public", "it_unit", "select similarity(a, b)")).toBe(true);
    expect(differs("public", "it_unit, shared", "select similarity(a, b)")).toBe(false);
  });
});
