/**
 * Migrations are people's text, and may be anything: whatever it is, retargeting ends, loses nothing, and means the same
 * whichever unit it is for.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createdExtensions } from "../../src/blueprint/extensions.ts";
import { retarget, retargetDefinition } from "../../src/retarget/retarget.ts";
import type { Retargeting } from "../../src/retarget/retargeting.ts";
import { broken, orTestDbError, PATIENCE, runs } from "../support/cases.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Every migration of this repository: each has an awkward form, or is as projects write them. */
const MIGRATIONS: readonly string[] = ["drizzle", "packages/catalog/drizzle", "packages/slo/drizzle"].flatMap(
  (folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sql"))
      .map((file) => readFileSync(`${root}${folder}/${file}`, "utf8").slice(0, 3_000)),
);

const SPLINTERS: readonly string[] = [
  ..."public \"public\" public. 'public' 'public.t' $$ $a$ $public$ ' '' \" \"\" E' U&' \\ ; ( ) . :: , /* */ -- \0 \ud800".split(
    " ",
  ),
  ..."BEGIN ATOMIC END CASE AS DO LANGUAGE plpgsql SET search_path TO COMMIT ROLLBACK CONCURRENTLY GRANT ON SCHEMA".split(
    " ",
  ),
  ...["\n", "\r\n", "\ufeff", "\u00a0", "'public'::regclass", "OPERATOR(public.=)", "nextval('public.s')", "--\r"],
  ...["create extension if not exists", "alter table t owner to me", "pg_attver=1, ", "=".repeat(70)],
];
const splinters = fc.oneof(fc.constantFrom(...SPLINTERS), fc.string({ unit: "binary", maxLength: 4 }));

/** SQL in literals in SQL, in every kind of quotes, with comments in comments between. */
const { nested } = fc.letrec<{ nested: string; piece: string; word: string }>((tie) => ({
  nested: fc.array(tie("piece"), { maxLength: 6 }).map((pieces) => pieces.join(" ")),
  piece: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    tie("word"),
    tie("nested").map((sql) => `'${sql.replaceAll("'", "''")}'`),
    tie("nested").map((sql) => `E'${sql.replace(/[\\']/g, "\\$&")}'`),
    tie("nested").map((sql) => `U&'${sql.replaceAll("'", "''")}'`),
    tie("nested").map((sql) => `"${sql.replaceAll('"', '""')}"`),
    fc.tuple(fc.constantFrom("$$", "$a$", "$b_1$", "$public$"), tie("nested")).map(([tag, sql]) => tag + sql + tag),
    tie("nested").map((sql) => `/* ${sql} */`),
    tie("nested").map((sql) => `-- ${sql}\n`),
    tie("nested").map((sql) => `do $do$ begin ${sql} end $do$;`),
    tie("nested").map((sql) => `create function public.f() returns int language plpgsql as $f$${sql}$f$;`),
    tie("nested").map((sql) => `create function public.g() returns int begin atomic ${sql}; end;`),
    tie("nested").map((sql) => `execute format('${sql.replaceAll("'", "''")}', 'public');`),
    tie("nested").map((sql) => `(${sql})`),
  ),
  word: splinters,
}));

const to = (name: string): Retargeting => ({
  from: "public",
  to: name,
  own: new Set(["t", "f", "s", "teams", "systems", "services", "=", "public"]),
  members: new Map([
    ["citext", "ext"],
    ["=", "ext"],
  ]),
  owner: "me",
});
// of one length: messages are cut
const [X, Y] = ["it_xxxxxxxx", "it_yyyyyyyy"];
const asY = (text: string): string => text.replaceAll(X, Y);

describe("retargeting", { timeout: PATIENCE }, () => {
  it("takes migrations in pieces, and every piece the same way for every unit", () => {
    fc.assert(
      fc.property(broken(fc.constantFrom(...MIGRATIONS), splinters), (sql) => {
        const dump = orTestDbError(() => retarget(sql, to(X)));
        expect(asY(String(dump))).toBe(orTestDbError(() => retarget(sql, to(Y))));
        const once = orTestDbError(() => retargetDefinition(sql, to(X)));
        expect(once === undefined || retargetDefinition(once, to(X))).toBe(once);
        const list = [{ tag: "0000", file: "0000.sql", text: sql, statements: [sql], when: 0 }];
        expect(createdExtensions({ folder: "", layout: "journal", list, digest: "" })).toBeInstanceOf(Set);
      }),
      runs("retarget: broken migrations"),
    );
  });

  it("takes any code, however deep SQL is in SQL, and the same way for every unit", () => {
    const code = fc.oneof(nested, broken(nested, splinters), broken(fc.constantFrom(...MIGRATIONS), splinters));
    fc.assert(
      fc.property(code, (sql) => {
        const inX = orTestDbError(() => retargetDefinition(sql, to(X)));
        const inY = orTestDbError(() => retargetDefinition(sql, to(Y)));
        expect(asY(String(inX))).toBe(String(inY));
      }),
      runs("retarget: nested code"),
    );
  });

  it("reads literals in literals of any depth", () => {
    const tags = Array.from({ length: 10_000 }, (_, index) => `$a${index}$`);
    const text = [...tags, "public.t", ...tags.reverse()].join(" ");
    const routine = `create function f() language plpgsql set search_path to public as ${text}`;
    expect(retarget(routine, to(X)).includes(`${X}.t`)).toBe(true);
  });
});
