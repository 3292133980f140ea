import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifierName, literalParts, type TokenKind, tokenize } from "../../src/sql/lexer.ts";
import { PATIENCE, runs } from "../support/cases.ts";

const texts = (sql: string): string[] => tokenize(sql).map(({ text }) => text);
const kinds = (sql: string): TokenKind[] => tokenize(sql).map(({ kind }) => kind);

/** Pieces that begin, end or disturb tokens. */
const PIECES: readonly string[] = [
  ..."'\"\\$ \n\t\r;:.,()[]{}+-*/<>=~!@#%^&|`?aB1_é😀\0\u00a0",
  ..."'' \"\" E' e'\\' U&' U&\" N' x' $$ $a$ $b$ $1 -- /* */ .. 1. .5 1e5 :: <-".split(" "),
  ...'public public. "public"."t" begin atomic case end'.split(" "),
];

/** On a busy machine, in milliseconds; a time that grows with the square would be minutes. */
const SLOW = 20_000;

describe("tokenize", () => {
  it(
    "loses nothing: the tokens joined are the input",
    () => {
      const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((parts) => parts.join(""));
      fc.assert(
        fc.property(fc.oneof(soup, fc.string({ unit: "binary", maxLength: 80 })), (sql) => {
          const tokens = tokenize(sql);
          expect(tokens.map(({ text }) => text).join("")).toBe(sql);
          expect(tokens.every(({ text }) => text.length > 0)).toBe(true);
        }),
        runs("tokens: nothing is lost"),
      );
    },
    PATIENCE,
  );

  it(
    "gives the same tokens again when a closed token stands alone",
    () => {
      const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((parts) => parts.join(""));
      fc.assert(
        fc.property(soup, (sql) => {
          for (const token of tokenize(sql)) expect(tokenize(token.text)).toEqual([token]);
        }),
        runs("tokens: each stands for itself"),
      );
    },
    PATIENCE,
  );

  // what PostgreSQL's own scanner makes of each, seen in its "syntax error at or near"; `::` and `:=` are two tokens here
  it.each<[sql: string, tokens: string[]]>([
    ["'it''s'", ["'it''s'"]],
    ["'a\\'b", ["'a\\'", "b"]],
    ["E'a\\'b' c", ["E'a\\'b'", " ", "c"]],
    ["e'\\\\' c", ["e'\\\\'", " ", "c"]],
    ["E'a''b' c", ["E'a''b'", " ", "c"]],
    ["E'a'\n'b\\'c' d", ["E'a'\n'b\\'c'", " ", "d"]],
    ["E'a' -- why\n 'b\\'c'", ["E'a' -- why\n 'b\\'c'"]],
    ["E'a' 'b\\'", ["E'a'", " ", "'b\\'"]],
    ["type'x'", ["type", "'x'"]],
    ["U&'\\0041'", ["U&'\\0041'"]],
    ['U&"\\0041".x', ['U&"\\0041"', ".", "x"]],
    ["u &'a'", ["u", " ", "&", "'a'"]],
    ["x'1F' b'01' n'é'", ["x'1F'", " ", "b'01'", " ", "n'é'"]],
    ['"a""b"."c"', ['"a""b"', ".", '"c"']],
    ["$$it's$$;", ["$$it's$$", ";"]],
    ["$a$ $b$ $$ $a$b", ["$a$ $b$ $$ $a$", "b"]],
    ["$a$ $$a$ x", ["$a$ $$a$", " ", "x"]],
    ["a$b$c", ["a$b$c"]],
    ["$1.a $1$$x$$", ["$1", ".", "a", " ", "$1", "$$x$$"]],
    ["$é_1$ ' $é_1$", ["$é_1$ ' $é_1$"]],
    ["/* a /* b */ ' */c", ["/* a /* b */ ' */", "c"]],
    ["/*/ x */y", ["/*/ x */", "y"]],
    ["/***/a", ["/***/", "a"]],
    ["a--b\nc", ["a", "--b", "\n", "c"]],
    ["a--b\rc", ["a", "--b", "\r", "c"]],
    ["1..2", ["1", "..", "2"]],
    ["12..34", ["12", "..", "34"]],
    ["1.5.3", ["1.5", ".3"]],
    ["1.", ["1."]],
    ["1e5 1e+5 1.e-5 .5", ["1e5", " ", "1e+5", " ", "1.e-5", " ", ".5"]],
    ["0x1F 0b01 1_000", ["0x1F", " ", "0b01", " ", "1_000"]],
    ["a=-1", ["a", "=", "-", "1"]],
    ["a@-1", ["a", "@-", "1"]],
    ["1+++2", ["1", "+", "+", "+", "2"]],
    ["a<--x", ["a", "<", "--x"]],
    ["a*/*x*/b", ["a", "*", "/*x*/", "b"]],
    ["a */ b", ["a", " ", "*/", " ", "b"]],
    ["a->>'b'", ["a", "->>", "'b'"]],
    ["a::int[1:2]", ["a", ":", ":", "int", "[", "1", ":", "2", "]"]],
    ["naïve\u00a0ключ", ["naïve\u00a0ключ"]],
    ["a\0b", ["a", "\0", "b"]],
    ["'open", ["'open"]],
    ["E'open\\", ["E'open\\"]],
    ['"open', ['"open']],
    ["$a$open$b$", ["$a$open$b$"]],
    ["/* open /* */", ["/* open /* */"]],
    ["", []],
  ])("splits %j as PostgreSQL does", (sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it("says what each token is", () => {
    expect(kinds(`a "b" 'c' E'd' $$e$$ 1.5 <> ; --f\n/*g*/U&"h"`).filter((kind) => kind !== "space")).toEqual(
      "word quoted string string dollar number operator punctuation quoted".split(" "),
    );
  });

  it.each<[what: string, sql: string, count: number]>([
    ["doubled quotes", `'${"''".repeat(3e6)}'`, 1],
    ["escaped quotes", `E'${"\\'".repeat(3e6)}'`, 1],
    ["doubled double quotes", `"${'""'.repeat(3e6)}"`, 1],
    ["letters", `'${"x".repeat(8e6)}'`, 1],
    ["dollars", `$a$${"$$ $b$ ".repeat(1e6)}$a$`, 1],
    ["comments in comments", `${"/*".repeat(1e6)}${"*/".repeat(1e6)}`, 1],
    ["digits", "1".repeat(4e6), 1],
    ["white space after an escape string", `E''${" \n".repeat(2e6)}x`, 3],
    ["signs", "+".repeat(1e5), 1],
    ["dollars that open nothing", "$a ".repeat(3e5), 9e5],
    ["quotes that close nothing", `${"'a' ".repeat(3e5)}'`, 6e5 + 1],
  ])(
    "reads megabytes of %s in a moment",
    (_, sql, count) => {
      expect(tokenize(sql).length).toBe(count);
    },
    SLOW,
  );
});

describe("identifierName", () => {
  it.each<[sql: string, name: string | undefined]>([
    ["Users", "users"],
    ['"Users"', "Users"],
    ['"a""b"', 'a"b'],
    // only ASCII is folded in UTF-8, and the Kelvin sign is no k
    ["ÉCOLE", "École"],
    ["\u212aey", "\u212aey"],
    ['U&"a"', undefined],
    ["'a'", undefined],
    ["1", undefined],
  ])("of %s is %s", (sql, name) => {
    expect(identifierName(tokenize(sql)[0])).toBe(name);
  });
});

describe("literalParts", () => {
  it.each<[sql: string, parts: [string, string, string] | undefined]>([
    ["'a''b'", ["'", "a''b", "'"]],
    ["E'a\\''", ["E'", "a\\'", "'"]],
    ["U&'a'", ["U&'", "a", "'"]],
    ["''", ["'", "", "'"]],
    ["$$a$$", ["$$", "a", "$$"]],
    ["$q$a$$b$q$", ["$q$", "a$$b", "$q$"]],
    ["$$$$", ["$$", "", "$$"]],
    ["'open", undefined],
    ["'", undefined],
    ["'a''", undefined],
    ["E'a\\'", undefined],
    ["$$open", undefined],
    ["$$$", undefined],
    ["$a$b$", undefined],
    ["word", undefined],
  ])("of %s are %j", (sql, expected) => {
    const parts = literalParts(tokenize(sql)[0] as never);
    expect(parts && [parts.open, parts.content, parts.close]).toEqual(expected);
  });

  it(
    "put together again are the token",
    () => {
      const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((parts) => parts.join(""));
      fc.assert(
        fc.property(soup, (sql) => {
          for (const token of tokenize(sql)) {
            const parts = literalParts(token);
            if (parts) expect(parts.open + parts.content + parts.close).toBe(token.text);
          }
        }),
        runs("tokens: literals go together again"),
      );
    },
    PATIENCE,
  );
});
