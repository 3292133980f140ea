import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readChecks } from "../../src/rehearse/checks.ts";
import { temporaryFolder } from "../support/migrations.ts";

describe("readChecks()", () => {
  it("names a file that is not there, and one without a query", () => {
    const file = join(temporaryFolder(), "checks.sql");
    const message = (): string => {
      try {
        return JSON.stringify(readChecks([file]));
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message()).toMatch(/^The file .*checks\.sql of --check cannot be read\..*code: OPTION_INVALID$/s);
    writeFileSync(file, "-- nothing yet\n");
    expect(message()).toMatch(/^The file .*checks\.sql of --check holds no query\./);
  });
});
