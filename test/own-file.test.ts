import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildSync, type Format } from "esbuild";
import { describe, expect, it } from "vitest";
import { ownFile } from "../src/own-file.ts";
import { temporaryFolder } from "./support/migrations.ts";

const repository = process.cwd();

describe("ownFile", () => {
  it.skipIf(!existsSync("dist/supervisor.mjs"))("finds a built file from the sources", () => {
    expect(ownFile("supervisor.mjs", "EMBEDDED_FAILED")).toBe(join(repository, "dist", "supervisor.mjs"));
  });

  it.each<Format>(["esm", "cjs"])("says what to do where a bundle holds the library, as %s", (format) => {
    const bundle = join(temporaryFolder(), format === "esm" ? "bundle.mjs" : "bundle.cjs");
    buildSync({
      stdin: {
        contents: `import { ownFile } from "./src/own-file.ts";
          try { ownFile("supervisor.mjs", "EMBEDDED_FAILED") } catch (error) { console.log(error.message) }`,
        resolveDir: repository,
      },
      bundle: true,
      platform: "node",
      format,
      outfile: bundle,
      logLevel: "error",
    });
    expect(execFileSync(process.execPath, [bundle], { encoding: "utf8" })).toBe(
      [
        "The file supervisor.mjs of with-test-db is not there.",
        "  why:  it is loaded by its name, from beside the library; a bundle that holds the library leaves it behind",
        "  next: leave with-test-db out of the bundle: esbuild --external:with-test-db",
        "  code: EMBEDDED_FAILED\n",
      ].join("\n"),
    );
  });
});
