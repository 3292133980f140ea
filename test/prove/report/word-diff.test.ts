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
    ["WHERE b >= $1 AND c", "WHERE b > $1 AND c", "WHERE b [->=-]{+>+} $1 AND c"],
    ["WHERE t.b = $1 AND c", "WHERE (t.b = $1 OR true) AND c", "WHERE {+(+}t.b = $1{+ OR true)+} AND c"],
    ["SELECT a FROM t ORDER BY a", "SELECT a FROM t", "SELECT a FROM t[- ORDER BY a-]"],
    ["SELECT count(DISTINCT a)", "SELECT count(a)", "SELECT count([-DISTINCT -]a)"],
    ["SELECT a", "SELECT a", "SELECT a"],
    ['SELECT "Id"', "SELECT id", 'SELECT [-"Id"-]{+id+}'],
  ])("tells what changes: %s", (before, after, expected) => {
    expect(diff(before, after)).toBe(expected);
  });

  it("has all of the query in what is not added, and all of the altered one in what is not removed", () => {
    const words = fc.array(fc.constantFrom("a", "b", "and", "=", "$1", ",", "x.y", "'s'"), { maxLength: 12 });
    const text = (pieces: readonly Piece[], without: Piece["change"]): string =>
      pieces.map((piece) => (piece.change === without ? "" : piece.text)).join("");
    fc.assert(
      fc.property(words, words, (before, after) => {
        const pieces = wordDiff(before.join(" "), after.join(" "));
        expect(text(pieces, "added")).toBe(before.join(" "));
        expect(text(pieces, "removed")).toBe(after.join(" "));
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
    const text = shown(elided(wordDiff(`select (${long}) from t`, `select not (${long} or true) from t`)));
    expect(text).toMatch(/^select \{\+not \+\}\("column_0", .*,? … .*"column_79"\{\+ or true\+\}\) from t$/);
    expect(text.length).toBeLessThan(250);
    expect(shown(elided(wordDiff(`select ${long} from t where a`, `select ${long} from t`)))).toMatch(
      /^… .{20,70} from t\[- where a-\]$/,
    );
  });

  it("leaves nothing out where nothing changes, or little is left to leave out", () => {
    const [same] = elided(wordDiff(`select ${long}`, `select ${long}`));
    expect(same?.text).toBe(`select ${long}`);
    expect(shown(elided(wordDiff("select a from t where b", "select a from t")))).toBe("select a from t[- where b-]");
  });
});
