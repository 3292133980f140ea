import { expect, it } from "vitest";
import { homePaths, homePathWithSpace } from "../../src/server/home-paths.ts";

it("differ by version", () => {
  expect(homePaths("17.2.0", "/state")).not.toEqual(homePaths("18.4.0", "/state"));
});

it("are tried in their order, and the last one is taken where none has room", () => {
  // no file system of the kernel's own has room
  expect(homePathWithSpace(["/proc/with-test-db-0/pg", "/state/with-test-db-0/pg"])).toBe("/state/with-test-db-0/pg");
});
