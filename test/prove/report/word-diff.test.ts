import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elided } from "../../../src/prove/report/elided.ts";
import { type Piece, wordDiff } from "../../../src/prove/report/word-diff.ts";

const SIGNS = { same: ["", ""], removed: ["[-", "-]"], added: ["{+", "+}"] } as const;
const shown = (pieces: readonly Piece[]): string =>
  pieces.map(({ text, change }) => SIGNS[change][0] + text + SIGNS[change][1]).join("");
const diff = (before: string, after: string): string => shown(wordDiff(before, after));

describe("wordDiff()", () => {
  it.each([
    [
      "select a from t where b = $1 and c = $2",
      "select a from t where b = $1",
      "select a from t where b = $1 [-and c = $2-]",
    ],
    ["select a from t where b >= $1", "select a from t where b > $1", "select a from t where b [->=-] {+>+} $1"],
    ["select a from t", "select a from t offset 1", "select a from t {+offset 1+}"],
    ["select count(distinct a) from t", "select count(a) from t", "select count([-distinct-] a) from t"],
    ["select count(a) from t", "select count(distinct a) from t", "select count({+distinct+} a) from t"],
    ["select a where not (b)", "select a where b", "select a where [-not-] (b)"],
  ])("tells only what changes: %s", (before, after, expected) => {
    expect(diff(before, after)).toBe(expected);
  });

  it("does not tell how a query that was printed anew is written", () => {
    const before = `select "t"."id" from "teams" "t" inner join "users" on ("users"."id" = "t"."owner_id") where ("t"."tenant_id" = $1 and "t"."status" != $2) order by "t"."id" asc -- newest`;
    const after = `SELECT\n  t.id\nFROM teams AS t\nJOIN users ON users.id = t.owner_id\nWHERE\n  t.status <> $2\nORDER BY\n  t.id`;
    expect(diff(before, after)).toBe(
      `select "t"."id" from "teams" "t" inner join "users" on ("users"."id" = "t"."owner_id") where ([-"t"."tenant_id" = $1 and-] "t"."status" != $2) order by "t"."id" asc`,
    );
  });

  it("leaves the parenthesis that closes the conditions where the last of them goes", () => {
    expect(diff("select a where (b = $1 and c = $2) limit 1", "SELECT a WHERE b = $1 LIMIT 1")).toBe(
      "select a where (b = $1 [-and c = $2-]) limit 1",
    );
  });

  it("tells of parentheses where nothing else changes", () => {
    expect(diff("select (a + b) * c", "select a + b * c")).toBe("select [-(-]a + b[-)-] * c");
  });

  it("keeps names apart that differ in capitals, and what is in a literal", () => {
    expect(diff(`select "Id", 'a  b'`, `select id, 'a b'`)).toBe(`select [-"Id"-] {+id+}, [-'a  b'-] {+'a b'+}`);
  });

  it("has all of the query in what is not added, and all of the altered one in what is not removed", () => {
    const words = fc.array(fc.constantFrom("a", "b", "and", "=", "$1", ",", "x.y", "'s'"), { maxLength: 12 });
    const text = (pieces: readonly Piece[], without: Piece["change"]): string =>
      pieces
        .map((piece) => (piece.change === without ? "" : piece.text))
        .join("")
        .replace(/\s+/g, "");
    fc.assert(
      fc.property(words, words, (before, after) => {
        const pieces = wordDiff(before.join(" "), after.join(" "));
        expect(text(pieces, "added")).toBe(before.join(""));
        expect(text(pieces, "removed")).toBe(after.join(""));
      }),
    );
  });

  it("takes no time for a list of many values", () => {
    const list = (from: number): string => Array.from({ length: 20_000 }, (_, index) => `$${from + index}`).join(", ");
    const begun = performance.now();
    const pieces = wordDiff(`select a where b in (${list(1)})`, `select a where b in (${list(30_000)})`);
    expect(pieces.map(({ change }) => change)).toEqual(["same", "removed", "added", "same"]);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe("elided()", () => {
  const long = Array.from({ length: 80 }, (_, index) => `"column_${index}"`).join(", ");

  it("leaves out what is far from a change, on its outer sides and between two", () => {
    const pieces = elided(wordDiff(`select distinct ${long} from t order by b`, `select ${long} from t`));
    const text = shown(pieces);
    expect(text).toMatch(/^select \[-distinct-\] "column_0", .*,? … .* from t \[-order by b-\]$/);
    expect(text.length).toBeLessThan(250);
    expect(shown(elided(wordDiff(`select ${long} from t where a`, `select ${long} from t`)))).toMatch(
      /^… .{20,70} from t \[-where a-\]$/,
    );
  });

  it("leaves nothing out where nothing changes, or little is left to leave out", () => {
    const [same] = elided(wordDiff(`select ${long}`, `select ${long}`));
    expect(same?.text).toBe(`select ${long}`);
    expect(shown(elided(wordDiff("select a from t where b", "select a from t")))).toBe("select a from t [-where b-]");
  });
});
