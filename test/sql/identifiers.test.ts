import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conninfoValue, ident, literal, namePattern, qualified, shellWord } from "../../src/sql/identifiers.ts";
import { identifierName, tokenize } from "../../src/sql/lexer.ts";
import { PATIENCE, runs } from "../support/cases.ts";

const hostile = fc.oneof(
  fc.array(fc.constantFrom(..."'\"\\$ .;-/*E\n", "''", "\\'", "é", "😀"), { maxLength: 20 }).map((all) => all.join("")),
  fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !text.includes("\0")),
);

/** What Postgres reads from a literal, by the rules in its manual. */
function read(sql: string, standardConforming: boolean): string {
  const trimmed = sql.trimStart();
  const escapes = /^E/.test(trimmed) || !standardConforming;
  let text = "";
  const body = trimmed.replace(/^E/, "");
  expect(body[0]).toBe("'");
  let at = 1;
  for (; at < body.length; at++) {
    if (escapes && body[at] === "\\") text += body[++at];
    else if (body[at] === "'" && body[at + 1] === "'") text += body[++at];
    else if (body[at] === "'") break;
    else text += body[at];
  }
  expect(at).toBe(body.length - 1);
  return text;
}

describe("namePattern", () => {
  it("matches its name and nothing else", () => {
    fc.assert(
      fc.property(hostile, hostile, (name, other) => {
        const pattern = new RegExp(`^${namePattern(name)}$`);
        expect(pattern.test(name)).toBe(true);
        expect(pattern.test(other)).toBe(name === other);
      }),
    );
  });
});

describe("ident", () => {
  it(
    "is one identifier of that name, whatever is in it",
    () => {
      fc.assert(
        fc.property(hostile, (name) => {
          const tokens = tokenize(ident(name));
          expect(tokens).toHaveLength(1);
          expect(identifierName(tokens[0])).toBe(name);
        }),
        runs("identifiers: one of that name"),
      );
    },
    PATIENCE,
  );

  it("quotes each part of a qualified name by itself", () => {
    expect(qualified('a"b', "c.d")).toBe('"a""b"."c.d"');
  });
});

describe("literal", () => {
  it.each([true, false])(
    "is read back as the text with standard_conforming_strings=%s",
    (standardConforming) => {
      fc.assert(
        fc.property(hostile, (text) => {
          expect(read(literal(text), standardConforming)).toBe(text);
        }),
        runs("identifiers: a literal is read back"),
      );
    },
    PATIENCE,
  );

  it("is one token after a word or an operator too", () => {
    for (const before of ["x", "=", "U&", "1"]) {
      expect(tokenize(`${before}${literal("a\\'b")}`).at(-1)).toEqual({ kind: "string", text: "E'a\\\\''b'" });
    }
  });
});

describe("conninfoValue", () => {
  it(
    "is read back as the value by libpq's rules",
    () => {
      fc.assert(
        fc.property(hostile, (value) => {
          const quoted = conninfoValue(value);
          expect(quoted).toMatch(/^'(?:[^'\\]|\\[\s\S])*'$/);
          expect(quoted.slice(1, -1).replace(/\\([\s\S])/g, "$1")).toBe(value);
        }),
        runs("identifiers: a connection string's value is read back"),
      );
    },
    PATIENCE,
  );
});

describe("what is quoted", () => {
  it(
    "is found again in a statement, each where it was put",
    () => {
      const quoted = fc.oneof(
        hostile.map((text) => ({ sql: ident(text), text })),
        hostile.map((text) => ({ sql: literal(text), text })),
      );
      const between = fc.constantFrom(
        " as ",
        "||",
        "=",
        ",",
        "::text,",
        " -- it's\n,",
        '/* " */',
        "(",
        ").",
        "-",
        " U&",
      );
      fc.assert(
        fc.property(fc.array(fc.tuple(between, quoted), { minLength: 1, maxLength: 6 }), (pieces) => {
          // two literals that touch would be one
          const sql = pieces.map(([before, { sql }]) => `${before} ${sql} `).join("x");
          const found = tokenize(`select ${sql}`).flatMap((token) => {
            if (token.kind === "quoted") return identifierName(token) ?? [];
            return token.kind === "string" ? read(token.text, true) : [];
          });
          expect(found).toEqual(pieces.map(([, { text }]) => text));
        }),
        runs("identifiers: whole statements are read back"),
      );
    },
    PATIENCE,
  );
});

it.each([
  ["ident", ident],
  ["literal", literal],
  ["conninfoValue", conninfoValue],
])("%s refuses a NUL byte, which Postgres would cut the text at", (_, quote) => {
  expect(() => quote("hunter\0Z")).toThrow(
    expect.objectContaining({
      name: "TestDbError",
      code: "OPTION_INVALID",
      message: expect.not.stringMatching(/hunter/),
    }),
  );
});

describe("shellWord", () => {
  it("is one word to a shell, and the text again, whatever is in it", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), (words) => {
        const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], {
          encoding: "utf8",
        });
        expect(printed.split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 50 },
    );
  }, 20_000);

  it("is left as it is where it needs no quotes", () => {
    expect(shellWord("postgres://me@127.0.0.1:5432/test")).toBe("postgres://me@127.0.0.1:5432/test");
    expect(shellWord("")).toBe("''");
    expect(shellWord("$(id)")).toBe("'$(id)'");
  });
});
