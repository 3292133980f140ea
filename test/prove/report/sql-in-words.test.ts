import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { laidOut } from "../../../src/prove/report/laid-out.ts";
import { shortSql } from "../../../src/prove/report/short-sql.ts";

const pieces = fc.constantFrom(
  "select",
  "from",
  "left",
  "join",
  "(",
  ")",
  "a",
  "'x y'",
  "where",
  "on",
  "conflict",
  "order",
  ",",
  "--c",
);

describe("shortSql()", () => {
  it("is whole where it has room, in one line and without comments", () => {
    expect(shortSql("select a\n  from b -- all of them\n  where c", 100)).toBe("select a from b where c");
  });

  it("leaves out the list first, then joins: the conditions tell which query it is", () => {
    const list = Array.from({ length: 20 }, (_, index) => `"c${index}"`).join(", ");
    expect(shortSql(`select ${list}, (select x from y) from "teams" where "a" = $1`, 60)).toBe(
      `select … from "teams" where "a" = $1`,
    );
    expect(
      shortSql(`select ${list} from "teams" left join "users" on "users"."id" = "teams"."id" where "a" = $1`, 62),
    ).toBe(`select … from "teams" left join "users"… where "a" = $1`);
  });

  it("never has more than a line, nor more characters than asked for", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), fc.integer({ min: 5, max: 60 }), (words, length) => {
        const short = shortSql(words.join(" \n"), length);
        expect([...short].length).toBeLessThanOrEqual(length);
        expect(short).not.toContain("\n");
      }),
    );
  });
});

describe("laidOut()", () => {
  it("begins a line with each clause", () => {
    expect(
      laidOut(
        `select extract(year from a), b is distinct from c from t left join u on u.id = t.id where x in (select y from z where w) order by a limit 1`,
      ),
    ).toBe(
      [
        "select extract(year from a), b is distinct from c",
        "from t",
        "left join u on u.id = t.id",
        "where x in (select y from z where w)",
        "order by a",
        "limit 1",
      ].join("\n"),
    );
    expect(laidOut("insert into t (a) values ($1) on conflict (a) do nothing returning a")).toBe(
      "insert into t (a)\nvalues ($1)\non conflict (a) do nothing\nreturning a",
    );
    expect(laidOut("delete from t where a")).toBe("delete from t\nwhere a");
  });

  it("leaves the lines of a query that has lines", () => {
    expect(laidOut("select a,\n b from t\n")).toBe("select a,\n b from t");
  });

  it("changes nothing but blanks outside of literals", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (words) => {
        const sql = words.join(" ");
        expect(laidOut(sql).replaceAll("\n", " ")).toBe(sql);
      }),
    );
  });
});
