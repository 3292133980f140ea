import { describe, expect, it } from "vitest";
import { type PostgresError, postgresError, postgresWords } from "../../src/sql/sqlstate.ts";

const thrown = (message: string, fields: object = {}): PostgresError =>
  Object.assign(new Error(message), fields) as unknown as PostgresError;

describe("postgresError", () => {
  const refused = thrown('relation "users" does not exist', { code: "42P01" });

  it("is the error itself, or the one inside what a driver or Drizzle wrapped around it", () => {
    expect(postgresError(refused)).toBe(refused);
    const wrapped = new Error("Failed query", { cause: new Error("driver", { cause: refused }) });
    expect(postgresError(wrapped)).toBe(refused);
  });

  it("is the outermost one where Postgres errors are nested", () => {
    const outer = Object.assign(new Error("outer", { cause: refused }), { code: "25P02" });
    expect(postgresError(outer)).toBe(outer);
  });

  it("ends where causes turn in a circle", () => {
    const a = new Error("a");
    const b = new Error("b", { cause: a });
    a.cause = b;
    expect(postgresError(a)).toBeUndefined();
  });

  it.each([
    ["a system's error", thrown("connect", { code: "ECONNREFUSED", syscall: "connect" })],
    ["a system's error with five letters", thrown("write EPIPE", { code: "EPIPE", syscall: "write" })],
    ["a driver's own error", thrown("ended", { code: "CONNECTION_ENDED" })],
    ["a numeric code", thrown("x", { code: 42_601 })],
    ["a code in small letters", thrown("x", { code: "42p01" })],
    ["something that is no Error", { code: "42P01" }],
    ["nothing", undefined],
    ["a text", "42P01"],
  ])("is nothing for %s", (_, error) => {
    expect(postgresError(error)).toBeUndefined();
  });

  it("is found beneath a system's error", () => {
    expect(
      postgresError(Object.assign(new Error("write EPIPE", { cause: refused }), { code: "EPIPE", syscall: "write" })),
    ).toBe(refused);
  });
});

describe("postgresWords", () => {
  it("are the message, the code, the detail and the hint", () => {
    expect(postgresWords(thrown("no", { code: "23505", detail: "Key (id)=(1).", hint: "Use another." }))).toBe(
      "no (SQLSTATE 23505)\ndetail: Key (id)=(1).\nhint: Use another.",
    );
    expect(postgresWords(thrown("no", { code: "23505" }))).toBe("no (SQLSTATE 23505)");
  });
});
