import { afterEach, describe, expect, it, vi } from "vitest";
import { namedTarget, namedUrl } from "../../src/server/resolve-server.ts";
import { describeTarget } from "../../src/target/target.ts";

const SECRET = "hunter2";
const named = (url: string, remoteHosts: readonly string[] = []) =>
  namedTarget({ url, origin: "option url" }, remoteHosts);

describe("namedUrl", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is the option's, else the environment's", () => {
    vi.stubEnv("TEST_DB_URL", "postgres://env");
    expect(namedUrl("postgres://option")).toEqual({ url: "postgres://option", origin: "option url" });
    expect(namedUrl(undefined)).toEqual({ url: "postgres://env", origin: "TEST_DB_URL" });
  });

  it("is none where neither names one; an empty variable is unset", () => {
    vi.stubEnv("TEST_DB_URL", "");
    expect(namedUrl(undefined)).toBeUndefined();
  });
});

describe("namedTarget", () => {
  it("is where the URL leads, and who named it", () => {
    const target = named("postgres://me:p@127.0.0.1:6432/app");
    expect(describeTarget(target)).toBe("me@127.0.0.1:6432/app");
    expect(target.origin).toBe("option url");
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
