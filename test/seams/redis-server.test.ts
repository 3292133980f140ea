import { describe, expect, it } from "vitest";
import { layoutOf } from "../../src/seams/redis/lease.ts";
import { describeRedis, parseRedisUrl } from "../../src/seams/redis/redis-server.ts";

describe("parseRedisUrl()", () => {
  it.each([
    ["redis://127.0.0.1", { host: "127.0.0.1", port: 6379, named: 0, isTls: false }, "redis://127.0.0.1/7"],
    ["redis://localhost:6380/3", { host: "localhost", port: 6380, named: 3 }, "redis://localhost:6380/7"],
    ["redis://:p%40ss@127.0.0.1/", { username: undefined, password: "p@ss", named: 0 }, "redis://:p%40ss@127.0.0.1/7"],
    ["rediss://me:x@[::1]:1/12", { host: "::1", username: "me", isTls: true, named: 12 }, "rediss://me:x@[::1]:1/7"],
  ])("reads %s, and writes it with another database", (text, expected, other) => {
    const server = parseRedisUrl(text, "option url");
    expect(server).toMatchObject(expected);
    expect(server.urlOf(7)).toBe(other);
  });

  it.each([
    ["", "does not begin with redis://"],
    ["127.0.0.1:6379", "does not begin with redis://"],
    ["http://127.0.0.1", "does not begin with redis://"],
    ['"redis://127.0.0.1"', "quotes"],
    ["redis://127.0.0.1:port", "not a URL"],
    ["redis://", "it "],
    ["redis://a:s3cret/x@127.0.0.1", "not a URL"],
    ["redis://s3cret/x@127.0.0.1", "an @ after the host"],
    ["redis://127.0.0.1/one", "number of a database"],
    ["redis://127.0.0.1/-1", "number of a database"],
    ["redis://127.0.0.1/1/2", "number of a database"],
    ["redis://127.0.0.1?family=6", "parameters"],
    ["redis://:s3cret%zz@127.0.0.1", "a % that is not an escape"],
  ])("refuses %j, without quoting it", (text, why) => {
    const parse = () => parseRedisUrl(text, "TEST_REDIS_URL");
    expect(parse).toThrow(why);
    expect(parse).not.toThrow("s3cret");
    expect(parse).toThrow(expect.objectContaining({ code: "TARGET_INVALID" }));
  });

  it("describes a server without its login", () => {
    expect(describeRedis(parseRedisUrl("redis://me:s3cret@[::1]/2", "option url"))).toBe("[::1]:6379");
  });
});

describe("layoutOf()", () => {
  it.each([
    [16, 0, { register: 15, shared: 14, whole: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] }],
    [6, 2, { register: 5, shared: 4, whole: [1, 3] }],
    [3, 0, { register: 2, shared: 1, whole: [] }],
    [2, 0, { register: 1, shared: 0, whole: [] }],
    [1, 0, { register: undefined, shared: 0, whole: [] }],
  ])("of %i databases, where %i is named", (count, named, layout) => {
    expect(layoutOf(count, named)).toEqual(layout);
  });
});
