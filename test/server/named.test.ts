import { describe, expect, it } from "vitest";
import { namedTarget } from "../../src/server/named.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { describeTarget, onDatabase } from "../../src/target/target.ts";

const SECRET = "hunter2";
const named = (url: string, direct: string | undefined, remoteHosts: readonly string[] = []) =>
  namedTarget({ url, direct, from: "option" }, remoteHosts);

describe("namedTarget", () => {
  it("is the server itself, with the pooler in front of it", () => {
    const target = named("postgres://me:p@127.0.0.1:6432/app", "postgres://me:q@127.0.0.1:5432/app_test");
    expect(describeTarget(target)).toBe("me@127.0.0.1:5432/app_test");
    expect(target.pooler && describeTarget(target.pooler)).toBe("me@127.0.0.1:6432/app");
    expect(targetUrl(target)).toBe("postgres://me:q@127.0.0.1:5432/app_test");
    expect(target.pooler?.pooler).toBeUndefined();
    const other = onDatabase(target, "other");
    expect([other.database, other.pooler?.database]).toEqual(["other", "other"]);
  });

  it("has no pooler where there is one URL", () => {
    const target = named("postgres://me:p@127.0.0.1:6432/app", undefined);
    expect(target).not.toHaveProperty("pooler");
    expect(onDatabase(target, "other")).not.toHaveProperty("pooler");
  });

  const fine = `postgres://me:${SECRET}@127.0.0.1/app`;
  it.each([
    ["a machine that is not this one", `postgres://me:${SECRET}@db.example.com/app`, "TARGET_REFUSED"],
    ["a database that says production", `postgres://me:${SECRET}@127.0.0.1/app_prod`, "TARGET_REFUSED"],
    ["a user that says production", `postgres://live:${SECRET}@127.0.0.1/app`, "TARGET_REFUSED"],
    ["several servers", `postgres://me:${SECRET}@a,b/app`, "TARGET_INVALID"],
    ["a parameter that nobody knows", `${fine}?pgbouncer=true`, "TARGET_INVALID"],
  ])("refuses %s, in either URL", (_, url, code) => {
    for (const [pooler, direct] of [
      [url, fine],
      [fine, url],
    ] as const) {
      const refused = expect(() => named(pooler, direct));
      refused.toThrow(expect.objectContaining({ code, message: expect.not.stringContaining(SECRET) }));
    }
  });

  it("takes hosts that are allowed, for either", () => {
    const [a, b] = ["postgres://me@a.example/app", "postgres://me@b.example/app"];
    expect(() => named(a, b, ["a.example", "b.example"])).not.toThrow();
    expect(() => named(a, b, ["a.example"])).toThrow("b.example is not this machine");
    expect(() => named(a, b, ["b.example"])).toThrow("a.example is not this machine");
  });
});
