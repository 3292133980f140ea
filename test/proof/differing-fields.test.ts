import { describe, expect, it } from "vitest";
import { differingFields, sameDefinition } from "../../src/proof/differing-fields.ts";
import { NAMES as names } from "./names.ts";

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
