import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retarget, retargetDefinition } from "../../src/retarget/retarget.ts";
import type { Retargeting } from "../../src/retarget/retargeting.ts";
import { PATIENCE, runs } from "../support/cases.ts";

const to = (name: string): Retargeting => ({
  from: "public",
  to: name,
  own: new Set(["users", "t", "f", "seq", "public", "==="]),
  members: new Map([
    ["citext", "ext"],
    ["=", "ext"],
    ["@>", "other ext"],
  ]),
  owner: "me",
});

const BODIES: readonly string[] = [
  ..."public PUBLIC \"public\" . :: ( ) , = @> 'public' 'public.t' 'select public.t, public.gone' -- /* */ \n nspname".split(
    " ",
  ),
  ..."set search_path to schema if exists execute format('public.%I',x) '' don't || $q$ $r$ \\ E' U&' regclass".split(
    " ",
  ),
  ...[
    "'public'::regclass",
    "'https://public.t'",
    "'public. '",
    "nspname = 'public'",
    "/* public.t */",
    "-- public.t\n",
    "\ud800",
  ],
];
const FRAGMENTS: readonly string[] = [
  ...'"public" "public"."users" "public"."citext" "public"."nobodys" OPERATOR("public".=) \'public.t\' ; AS'.split(" "),
  ..."CREATE OR REPLACE FUNCTION PROCEDURE LANGUAGE plpgsql sql c plv8 SET TO search_path BEGIN ATOMIC CASE END".split(
    " ",
  ),
  ...[
    "SCHEMA",
    '"public"',
    "PUBLIC",
    '\'"public"."t"\'::"regclass"',
    "nextval('public.seq')",
    " OWNER TO ",
    '"me"',
    "ALTER",
  ],
  ...["pg_attver=1", "SET (", ")", "\0", "$$", "$a$", "'", '"', "/*", "--", "\n"],
];
const soupOf = (pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, fc.string({ maxLength: 3 })), {
      maxLength: 40,
    })
    .map((all) => all.join(" "));

const body = soupOf(BODIES).map((text) => text.replaceAll("$body$", ""));
const language = fc.constantFrom("sql", "plpgsql", "plv8", "c", '"plpgsql"');
const routine = fc
  .tuple(body, language, fc.boolean())
  .map(
    ([text, name, isPath]) =>
      `CREATE FUNCTION "public"."f"() RETURNS "public"."citext" LANGUAGE ${name}${isPath ? " SET search_path TO 'public'" : ""} AS $body$${text}$body$;\n`,
  );
const dump = fc.oneof(
  routine,
  soupOf(FRAGMENTS),
  fc.tuple(soupOf(FRAGMENTS), routine).map((parts) => parts.join(";")),
);

describe("retarget", { timeout: PATIENCE }, () => {
  it("gives, in any name, what it gives in another with the names exchanged", () => {
    fc.assert(
      fc.property(dump, (sql) => {
        const inX = retarget(sql, to("it_xxxxxxxx"));
        expect(inX.replaceAll("it_xxxxxxxx", "it_yy_00000000000001")).toBe(retarget(sql, to("it_yy_00000000000001")));
      }),
      runs("retarget: exchanged names"),
    );
  });

  it("leaves SQL alone in which the schema does not occur", () => {
    fc.assert(
      fc.property(dump, (sql) => {
        const without = sql.replace(/public/gi, "audit");
        expect(retargetDefinition(without, to("it_x"))).toBe(
          retargetDefinition(without, { ...to("it_y"), own: new Set() }),
        );
        expect(retargetDefinition(without, to("it_x"))).not.toContain("it_x");
      }),
      runs("retarget: without the schema"),
    );
  });

  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(dump, (sql) => {
        const once = retargetDefinition(sql, to("it_x"));
        expect(retargetDefinition(once, to("it_x"))).toBe(once);
      }),
      runs("retarget: a second time"),
    );
  });

  it("changes nothing but names of schemas", () => {
    fc.assert(
      fc.property(dump, (sql) => {
        // one mark for the schema, with or without quotes; extensions would add to search paths
        const neutral = (text: string): string => text.replace(/"?\b(public|it_x)\b"?/gi, "@");
        const names = { ...to("it_x"), members: new Map<string, string>() };
        expect(neutral(retargetDefinition(sql, names))).toBe(
          neutral(retargetDefinition(sql, { ...names, from: "nowhere" })),
        );
      }),
      runs("retarget: names only"),
    );
  });

  it("leaves nothing of the project's in the schema it came from, outside of words and data", () => {
    const own = fc.constantFrom("users", "t", "f", "gone");
    const code = fc.constantFrom(
      (name: string) => `select * from public.${name};`,
      (name: string) => `perform "public" . "${name}" ();`,
      (name: string) => `execute $q$ table public.${name} $q$;`,
      (name: string) => `-- public.${name}\n`,
      (name: string) => `x := 'public.${name}'::regclass;`,
      (name: string) => `execute 'drop schema public'; -- ${name}\n`,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(code, own), { minLength: 1, maxLength: 8 }), (lines) => {
        const text = lines.map(([line, name]) => line(name)).join("\n");
        expect(retarget(`CREATE FUNCTION f() LANGUAGE plpgsql AS $b$${text}$b$;`, to("it_x"))).not.toMatch(/public/i);
      }),
      runs("retarget: nothing is left"),
    );
  });

  it("survives whatever it is given", () => {
    fc.assert(
      fc.property(fc.oneof(dump, fc.string({ unit: "binary", maxLength: 60 })), (sql) => {
        expect(typeof retarget(sql, to("it_x"))).toBe("string");
      }),
      runs("retarget: any text"),
    );
  });

  it("reads megabytes of data in a moment", () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => `\t(${i}, 'it''s public.users', '{"a": "public"}')`).join(
      ",\n",
    );
    const sql = `INSERT INTO "public"."users" VALUES\n${rows};\n`;
    expect(retarget(sql, to("it_x"))).toBe(sql.replace('"public"', '"it_x"'));
  });
});
