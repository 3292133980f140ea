/** Which words run one file of tests, and whether that is vitest. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NOTHING } from "../../src/prove/ask-tests.ts";
import { commandRunner, withoutFile } from "../../src/prove/command-runner.ts";
import { vitestArguments } from "../../src/prove/vitest-runner.ts";
import { temporaryFolder } from "../support/migrations.ts";

const FILES = ["test/a.test.ts", "test/b.test.ts", "packages/x/test/c.test.ts"];

describe("a file's command", () => {
  const typed = async (...command: string[]): Promise<string> => {
    let words: readonly string[] = [];
    const runner = commandRunner(command, FILES, join(temporaryFolder(), "work"), [], async (given) => {
      words = given;
      return 0;
    });
    expect(await runner.run("test/a.test.ts", NOTHING, 1)).toMatchObject({ hasPassed: true, isMet: false });
    return words.join(" ");
  };

  it.each([
    [["jest", "--ci"], "jest --ci test/a.test.ts"],
    [["jest", "test"], "jest test/a.test.ts"],
    [["jest", "./test/", "packages"], "jest test/a.test.ts"],
    [["node", "--test", "test/a.test.ts", "test/b.test.ts"], "node --test test/a.test.ts"],
    [["node", "--test", "{}", "--quiet"], "node --test test/a.test.ts --quiet"],
    [["npm", "test"], "npm test -- test/a.test.ts"],
    [["npm", "run", "test"], "npm run test -- test/a.test.ts"],
    [["npm", "test", "--", "--ci"], "npm test -- --ci test/a.test.ts"],
    [["pnpm", "test"], "pnpm test test/a.test.ts"],
    [["jest", "-t", "other"], "jest -t other test/a.test.ts"],
  ])("of %j", async (command, expected) => {
    expect(await typed(...command)).toBe(expected);
  });

  it("has no place for a file where all are run", () => {
    expect(withoutFile(["node", "--test", "{}", "--quiet"])).toEqual(["node", "--test", "--quiet"]);
  });
});

describe("vitestArguments()", () => {
  const inFolder = (scripts: Record<string, string>, ...command: string[]): string[] | undefined => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts }));
    return vitestArguments(command, folder, () => true);
  };

  it.each([
    [
      ["vitest", "run", "src"],
      ["run", "src"],
    ],
    [["npx", "vitest"], []],
    [["pnpm", "exec", "vitest", "run"], ["run"]],
    [["node", "node_modules/vitest/vitest.mjs", "run"], ["run"]],
    [
      ["npm", "test"],
      ["run", "--pool", "threads"],
    ],
    [
      ["npm", "run", "test", "--", "src"],
      ["run", "--pool", "threads", "src"],
    ],
    [
      ["yarn", "test"],
      ["run", "--pool", "threads"],
    ],
    [["npm", "run", "shell"], undefined],
    [["npm", "run", "none"], undefined],
    [["npx", "jest"], undefined],
    [["vitest-custom"], undefined],
  ])("of %j are %j", (command, expected) => {
    const scripts = { test: "vitest run --pool threads", shell: "FLAG=1 vitest run && echo $X" };
    expect(inFolder(scripts, ...command)).toEqual(expected);
  });

  it("are none where there is no vitest, or an old one", () => {
    expect(vitestArguments(["vitest", "run"], temporaryFolder())).toBeUndefined();
    expect(vitestArguments(["vitest", "run"])).toEqual(["run"]);
  });
});
