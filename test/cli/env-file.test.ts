import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readEnvFile } from "../../src/cli/env-file.ts";
import { temporaryFolder } from "../support/migrations.ts";

const read = (text: string, environment: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, ".env.test"), text);
  readEnvFile(environment, folder);
  return environment;
};

it("sets what is ours and unset", () => {
  const text = "TEST_DB_URL=postgres://a/b\nTEST_DB_IT=1\nDATABASE_URL=postgres://developers/own\n";
  expect(read(text, { TEST_DB_IT: "0" })).toEqual({ TEST_DB_URL: "postgres://a/b", TEST_DB_IT: "0" });
});

it("reads what editors on Windows write", () => {
  expect(read('\ufeffTEST_DB_URL="postgres://a/b"\r\nTEST_DB_IT=1\r\n')).toEqual({
    TEST_DB_URL: "postgres://a/b",
    TEST_DB_IT: "1",
  });
});

it("tells of a file that cannot be read", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, ".env.test"));
  expect(() => readEnvFile({}, folder)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
});
