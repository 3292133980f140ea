import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/migrations.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A project that has the built package, and only these of what it needs. */
function projectWith(packages: readonly string[]): string {
  const project = temporaryFolder();
  const library = join(project, "node_modules", "with-test-db");
  mkdirSync(library, { recursive: true });
  cpSync(join(root, "package.json"), join(library, "package.json"));
  cpSync(join(root, "dist"), join(library, "dist"), { recursive: true });
  for (const name of packages) symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  return project;
}

const MESSAGE = `withTestDb({ migrationsFolder: "nowhere" }).catch((error) => console.log(error.code + "\\n" + error.message))`;

describe.skipIf(!existsSync(join(root, "dist/index.mjs")))("a package that is not installed", () => {
  const said = (project: string, specifier: string, type: "module" | "commonjs"): string => {
    const program =
      type === "module"
        ? `import { withTestDb } from ${JSON.stringify(specifier)}; ${MESSAGE}`
        : `const { withTestDb } = require(${JSON.stringify(specifier)}); ${MESSAGE}`;
    const { stdout, stderr } = spawnSync(process.execPath, [`--input-type=${type}`, "-e", program], {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, TEST_DB_IT: "1" },
    });
    expect(stderr).toBe("");
    return stdout;
  };
  const without = (name: string, install: string): string =>
    [
      "DRIVER_NOT_INSTALLED",
      `The package ${name} is not installed.`,
      "  why:  with-test-db uses the one of your project, and brings none of its own",
      `  next: ${install}`,
      "  code: DRIVER_NOT_INSTALLED\n",
    ].join("\n");

  it.each(["module", "commonjs"] as const)("is named with the line that installs it, from %s", (type) => {
    const project = projectWith(["drizzle-orm", "postgres"]);
    expect(said(project, "with-test-db/pg", type)).toBe(without("pg", "npm install --save-dev pg @types/pg"));
    expect(said(projectWith(["drizzle-orm"]), "with-test-db", type)).toBe(
      without("postgres", "npm install --save-dev postgres"),
    );
    expect(said(projectWith(["postgres"]), "with-test-db", type)).toBe(
      without("drizzle-orm", "npm install drizzle-orm"),
    );
  });

  it.each(["module", "commonjs"] as const)(
    "and so old that files are missing is named with its version, from %s",
    (type) => {
      const project = projectWith(["postgres", "pg"]);
      const drizzle = join(project, "node_modules", "drizzle-orm");
      mkdirSync(drizzle);
      writeFileSync(
        join(drizzle, "package.json"),
        JSON.stringify({ name: "drizzle-orm", version: "0.24.0", exports: { "./*": "./*.js" } }),
      );
      for (const specifier of ["with-test-db", "with-test-db/pg"]) {
        expect(said(project, specifier, type)).toMatch(/^DRIZZLE_TOO_OLD\ndrizzle-orm 0\.24\.0 is installed\./);
      }
    },
  );

  it("is none that the other driver needs", () => {
    const project = projectWith(["drizzle-orm", "postgres"]);
    expect(said(project, "with-test-db", "module")).toMatch(/^MIGRATIONS_NOT_FOUND/);
  });
});
