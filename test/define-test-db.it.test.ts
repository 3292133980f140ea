import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as root from "../src/index.ts";
import * as pg from "../src/pg.ts";
import { journalFolder } from "./support/migrations.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });

describe.skipIf(!root.isIntegrationEnabled()).each([
  ["with-test-db", root],
  ["with-test-db/pg", pg as unknown as typeof root],
])("%s", (_, library) => {
  beforeEach(() => {
    vi.stubEnv("TEST_DB_IT", "");
    vi.stubEnv("ACME_IT", "1");
    vi.stubEnv("CI", "");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  describe("defineTestDb()", () => {
    it("goes by a flag of one's own, in everything that it gives", async () => {
      const acme = library.defineTestDb({ flag: "ACME_IT", label: "acme" });
      expect([acme.isIntegrationEnabled(), library.isIntegrationEnabled()]).toEqual([true, false]);
      await acme.withTestDb({ migrationsFolder }, async ({ schemaName }) => expect(schemaName).toMatch(/^it_acme_/));
      await expect(library.withTestDb({ migrationsFolder })).rejects.toMatchObject({ code: "FLAG_UNSET" });
      vi.stubEnv("ACME_IT", "0");
      expect(acme.isIntegrationEnabled()).toBe(false);
      await expect(acme.withTestDb({ migrationsFolder })).rejects.toThrow("ACME_IT=1 npm test");
    });

    it("has an option of a call outrank its own, and checks both", async () => {
      const acme = library.defineTestDb({ flag: "ACME_IT", isolation: "database", label: "acme" });
      const testDb = await acme.withTestDb({ migrationsFolder, isolation: "schema" });
      expect([testDb.isolation, testDb.schemaName]).toEqual(["schema", expect.stringMatching(/^it_acme_/)]);
      await testDb.dispose();
      const misspelt = library.defineTestDb({ flag: "ACME_IT", isolaton: "schema" } as object);
      await expect(misspelt.withTestDb({ migrationsFolder })).rejects.toThrow('did you mean "isolation"?');
    });
  });

  describe("buildHome()", () => {
    const said = (): string =>
      vi
        .mocked(process.stderr.write)
        .mock.calls.map(([text]) => String(text))
        .join("");
    beforeEach(() => {
      vi.spyOn(process.stderr, "write").mockReturnValue(true);
    });

    it("builds the home, says so, and leaves no unit in use", async () => {
      await library.buildHome({ migrationsFolder, flag: "ACME_IT" });
      expect(said()).toMatch(/the home of .* is there, after \d+\.\d s/);
    });

    it("does nothing where the flag is off, and says so in CI alone", async () => {
      const nowhere = { migrationsFolder, url: "postgres://nobody@127.0.0.1:1/none" };
      await library.buildHome(nowhere);
      expect(said()).toBe("");
      vi.stubEnv("CI", "true");
      await library.buildHome(nowhere);
      expect(said()).toBe("with-test-db: TEST_DB_IT is not set: integration suites are skipped\n");
    });

    it("fails as withTestDb() does", async () => {
      await expect(library.buildHome({ migrationsFolder: "nowhere", flag: "ACME_IT" })).rejects.toMatchObject({
        code: "MIGRATIONS_NOT_FOUND",
      });
    });
  });
});
