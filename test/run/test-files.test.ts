import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandFor, filesOfShard, findTestFiles } from "../../src/run/test-files.ts";
import { temporaryFolder } from "../support/migrations.ts";

describe("findTestFiles()", () => {
  const folder = temporaryFolder();
  for (const file of ["b.test.ts", "a.test.ts", "sub/é c.test.ts", "a.ts", "sub/node_modules/p/x.test.ts"]) {
    mkdirSync(dirname(join(folder, "t", file)), { recursive: true });
    writeFileSync(join(folder, "t", file), "");
  }

  it("finds what matches, in one order, and nothing that was installed", async () => {
    expect(await findTestFiles("t/**/*.test.ts", folder)).toEqual(["t/a.test.ts", "t/b.test.ts", "t/sub/é c.test.ts"]);
    expect(await findTestFiles("t/{b,a}.*", folder)).toEqual(["t/a.test.ts", "t/a.ts", "t/b.test.ts"]);
  });

  it("takes a pattern for a mistake that matches nothing, and a folder for no pattern", async () => {
    for (const pattern of ["t/**/*.spec.ts", "t"]) {
      await expect(findTestFiles(pattern, folder)).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining(`No file matches "${pattern}"`),
      });
    }
  });
});

describe("filesOfShard()", () => {
  it("puts every file into one shard, and as many into each as can be", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 12 }), (files, count) => {
        const shards = Array.from({ length: count }, (_, index) => filesOfShard(files, { index: index + 1, count }));
        expect(shards.flat().sort()).toEqual([...files].sort());
        const sizes = shards.map((shard) => shard.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("commandFor()", () => {
  it("puts the file where it is wanted, else behind the command", () => {
    expect(commandFor(["node", "--test"], "a.js", undefined)).toEqual(["node", "--test", "a.js"]);
    expect(commandFor(["sh", "-c", "cat {} {}", "--of={}"], "$& a.js", undefined)).toEqual([
      ...["sh", "-c", "cat $& a.js $& a.js", "--of=$& a.js"],
    ]);
  });

  it("says where JUnit is to be written, if it is wanted", () => {
    const command = ["vitest", "--outputFile={junit}", "{}"];
    expect(commandFor(command, "a.ts", "/tmp/$'.xml")).toEqual(["vitest", "--outputFile=/tmp/$'.xml", "a.ts"]);
    expect(commandFor(command, "a.ts", undefined)).toEqual(["vitest", "--outputFile={junit}", "a.ts"]);
  });
});
