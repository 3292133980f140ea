import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameBody } from "../../src/proof/same-body.ts";
import { NAMES as names } from "./names.ts";

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
