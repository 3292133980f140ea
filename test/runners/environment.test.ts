import { describe, expect, it } from "vitest";
import { environmentOf, setEnvironment } from "../../src/runners/environment.ts";

const ALL = { URL: "url", HOST: "host", PORT: "port", USER: "user", PASSWORD: "password", NAME: "database" } as const;

describe("environmentOf()", () => {
  it("takes a name, a map, or nothing", () => {
    expect(environmentOf(undefined)).toEqual({});
    expect(environmentOf("DATABASE_URL")).toEqual({ DATABASE_URL: "url" });
    expect(environmentOf(ALL)).toBe(ALL);
  });

  it.each([[""], [{ A: "hostname" }], [{ A: "toString" }], [null], [7]])(
    "refuses %j, and says what there is",
    (env) => {
      const refused = () => environmentOf(env as never);
      expect(refused).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
      expect(refused).toThrow('"url" | "host" | "port" | "user" | "password" | "database"');
    },
  );
});

describe("setEnvironment()", () => {
  const url = "postgres://me%40home:p%3Aw%2F@db.local:6543/it_a?options=-c%20search_path%3Dit_a";

  it("gives each variable its part, decoded, and puts back what was there", () => {
    const environment: NodeJS.ProcessEnv = { HOST: "before", OTHER: "other" };
    const restore = setEnvironment(environment, ALL, url);
    expect(environment).toEqual({
      ...{ URL: url, HOST: "db.local", PORT: "6543", USER: "me@home", PASSWORD: "p:w/", NAME: "it_a" },
      OTHER: "other",
    });
    restore();
    expect(environment).toEqual({ HOST: "before", OTHER: "other" });
  });

  it.each([
    ["postgres://me@[::1]/it_a", "::1", "5432"],
    ["postgres://me@localhost:7/it_a?host=%2Frun%2Fpg", "/run/pg", "7"],
  ])("knows the host and the port of %s", (href, host, port) => {
    const environment: NodeJS.ProcessEnv = {};
    setEnvironment(environment, { H: "host", P: "port" }, href);
    expect(environment).toEqual({ H: host, P: port });
  });
});
