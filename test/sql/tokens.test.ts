import { describe, expect, it } from "vitest";
import { tokenize } from "../../src/sql/lexer.ts";
import { mapLiteral, meaningful, next, previous, textOf, wordIs } from "../../src/sql/tokens.ts";

describe("what is beside a token", () => {
  const tokens = tokenize(" a -- then\n b ");

  it("is the next or previous one that is no space", () => {
    const [a, b] = [next(tokens, -1), next(tokens, next(tokens, -1))];
    expect([tokens[a]?.text, tokens[b]?.text]).toEqual(["a", "b"]);
    expect(previous(tokens, b)).toBe(a);
    expect(previous(tokens, a)).toBe(-1);
    expect(tokens[next(tokens, b)]).toBeUndefined();
  });

  it("is not lost where only the meaningful ones are wanted", () => {
    expect(textOf(meaningful(tokens))).toBe("ab");
    expect(textOf(tokens)).toBe(" a -- then\n b ");
  });
});

describe("wordIs", () => {
  it("knows a word in any case, but not in quotes", () => {
    const isA = (text: string): boolean => wordIs(tokenize(text)[0], "a");
    expect(["a", "A", '"a"', "b"].map(isA)).toEqual([true, true, false, false]);
  });
});

describe("mapLiteral", () => {
  const shouted = (sql: string): string => mapLiteral(tokenize(sql)[0] as never, (content) => content.toUpperCase());

  it("changes what is inside of any kind of quotes", () => {
    expect(shouted("'it''s'")).toBe("'IT''S'");
    expect(shouted("$x$it's$x$")).toBe("$x$IT'S$x$");
    expect(shouted("E'a\\nb'")).toBe("E'A\\NB'");
  });

  it("shows a plain literal's content without its doubled quotes", () => {
    expect(mapLiteral(tokenize("'a''b'")[0] as never, (content) => (content === "a'b" ? "c'd" : ""))).toBe("'c''d'");
  });

  it("leaves alone what is not closed, and what is no literal", () => {
    expect(shouted("'open")).toBe("'open");
    expect(shouted("word")).toBe("word");
  });
});
