import { afterEach, describe, expect, it, vi } from "vitest";
import { namedTarget } from "../../src/server/resolve-server.ts";
import { describeTarget, type Target } from "../../src/target/target.ts";

const SECRET = "hunter2";
const named = (url?: string, remoteHosts: readonly string[] = []) => namedTarget({ url, remoteHosts });

describe("namedTarget", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is where the option's URL leads, else the environment's, and what named it", () => {
    vi.stubEnv("TEST_DB_URL", "postgres://you@127.0.0.1/env");
    const target = named("postgres://me:p@127.0.0.1:6432/app") as Target;
    expect(describeTarget(target)).toBe("me@127.0.0.1:6432/app");
    expect(target.origin).toBe("option url");
    expect(named()).toMatchObject({ database: "env", origin: "TEST_DB_URL" });
  });

  it("is none where neither names one: an empty variable is unset, and DATABASE_URL and PGHOST name none", () => {
    vi.stubEnv("TEST_DB_URL", "");
    vi.stubEnv("DATABASE_URL", "postgres://me@127.0.0.1/app");
    vi.stubEnv("PGHOST", "127.0.0.1");
    expect(named()).toBeUndefined();
  });

  it("is refused, named or not, in a process that says it runs in production", () => {
    vi.stubEnv("APP_ENV", "production");
    for (const url of ["postgres://me@127.0.0.1/app", undefined]) {
      expect(() => named(url)).toThrow(expect.objectContaining({ code: "TARGET_REFUSED" }));
    }
  });

  it.each([
    ["a machine that is not this one", `postgres://me:${SECRET}@db.example.com/app`, "TARGET_REFUSED"],
    ["a database that says production", `postgres://me:${SECRET}@127.0.0.1/app_prod`, "TARGET_REFUSED"],
    ["a user that says production", `postgres://live:${SECRET}@127.0.0.1/app`, "TARGET_REFUSED"],
    ["several servers", `postgres://me:${SECRET}@a,b/app`, "TARGET_INVALID"],
    ["an unknown parameter", `postgres://me:${SECRET}@127.0.0.1/app?pgbouncer=true`, "TARGET_INVALID"],
  ])("refuses %s", (_, url, code) => {
    expect(() => named(url)).toThrow(expect.objectContaining({ code, message: expect.not.stringContaining(SECRET) }));
  });

  it("takes hosts that are allowed", () => {
    expect(() => named("postgres://me@a.example/app", ["a.example"])).not.toThrow();
    expect(() => named("postgres://me@a.example/app", ["b.example"])).toThrow("a.example is not this machine");
  });
});
