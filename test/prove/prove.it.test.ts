/** `with-test-db prove` of the built package, on a small application: what a strong suite and a weak one let through. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import type { Counts, Proof } from "../../src/prove/proof.ts";
import { type Said, type } from "../support/command-line.ts";
import { installedProject, root } from "../support/installed-project.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { APPLICATION } from "./application.ts";

const PEERS = ["drizzle-kit", "drizzle-orm", "postgres", "pg", "vitest", "jest", "libpg-query", "pgsql-deparser"];

/** What the weak suite lets through, whichever runner and driver it has. */
const WEAK = [
  ["unasserted", "assignment-dropped", "age of members were left as it is, not set to $4"],
  ["unasserted", "condition-dropped", "rows of teams with another id were updated too"],
  ["unasserted", "conflict-changed", "a row of members that is there already were left as it is"],
  ["unasserted", "order-turned", "rows of teams came in the opposite order of teams.name"],
  ["unreached", "condition-dropped", "rows of teams with a deleted_at were listed too"],
  ["unreached", "condition-dropped", "rows of teams with another id were listed too"],
  ["unreached", "condition-dropped", "rows of teams with another org_id were listed too"],
  ["unreached", "condition-dropped", "rows of teams with another org_id were updated too"],
  ["unreached", "limit-changed", "more than $2 rows of teams were listed"],
];

describe.skipIf(!isIntegrationEnabled())("with-test-db prove", { timeout: 240_000 }, () => {
  let own: OwnDatabase;
  let project: string;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_prove_${Date.now()}`);
    project = installedProject("prove", PEERS, APPLICATION);
  });
  afterAll(async () => {
    rmSync(project, { recursive: true, force: true });
    await own.drop();
  });

  const prove = (flags: readonly string[], command: readonly string[]): Promise<Said> =>
    type(["prove", ...flags, "--", ...command], {
      program: join(project, "node_modules/with-test-db/dist/cli.mjs"),
      cwd: project,
      env: { TEST_DB_URL: own.url, NO_COLOR: "1" },
    });
  const inProject = (file: string): string => join(project, file);
  const vitest = (suite: string): string[] => [
    process.execPath,
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    `test/${suite}.spec.js`,
  ];
  const proofOf = ({ out }: Said): Proof & Counts => JSON.parse(out);
  const survivorsOf = ({ queries }: Proof): string[][] =>
    queries
      .flatMap(({ alterations }) => alterations)
      .filter(({ fate }) => fate !== "noticed")
      .map(({ kind, fate, defect }) => [fate, kind, defect])
      .sort();

  it("finds what a weak suite lets through: in words, as a page, for other viewers, and as a baseline", async () => {
    const files = ["--html", "proof.html", "--mutants", "mutants.json", "--update-baseline", "known.json"];
    const said = await prove(["--json", "--scoped-by", "org_id", "--min-score", "90", ...files], vitest("weak"));
    const proof = proofOf(said);
    expect(survivorsOf(proof)).toEqual(WEAK);
    // the score is too low
    expect(said.code).toBe(1);
    expect(proof).toMatchObject({
      noticed: 2,
      unasserted: 4,
      unreached: 5,
      refused: 0,
      undecided: 0,
      score: 18.1,
      fresh: 9,
    });
    const [list] = proof.queries.filter(({ sql }) => /order by/.test(sql));
    expect(list).toMatchObject({
      sources: [expect.stringMatching(/^src\/teams\.cjs:\d+:\d+$/)],
      parameterTypes: ["integer", "bigint"],
      tests: [{ file: "test/weak.spec.js", name: "teams > work" }],
      runs: 1,
    });
    expect(list?.alterations.filter(({ scope }) => scope === "org_id")).toHaveLength(1);
    // two are of the tests, and begin and commit are no queries
    expect(proof.ofTests).toBe(2);

    const page = readFileSync(inProject("proof.html"), "utf8");
    expect(page).toContain("rows of teams with a deleted_at were listed too");
    const mutants = JSON.parse(readFileSync(inProject("mutants.json"), "utf8"));
    expect(mutants.files["src/teams.cjs"].mutants).toHaveLength(11);
    const { known } = JSON.parse(readFileSync(inProject("known.json"), "utf8"));
    expect(Object.values(known).sort()).toEqual(WEAK.map(([, , defect]) => `src/teams.cjs: ${defect}`).sort());
  });

  it("fails only because of what a baseline does not have", async () => {
    const id = Object.keys(JSON.parse(readFileSync(inProject("known.json"), "utf8")).known);
    writeFileSync(
      inProject("partly.json"),
      JSON.stringify({ known: Object.fromEntries(id.slice(1).map((each) => [each, ""])) }),
    );
    const [all, partly] = [
      await prove(["--baseline", "known.json"], vitest("weak")),
      await prove(["--baseline", "partly.json", "--only", "src", "--json"], vitest("weak")),
    ];
    expect([all.code, all.out]).toEqual([0, expect.stringContaining("9 of these known")]);
    expect([partly.code, proofOf(partly).fresh]).toEqual([1, 1]);
  });

  it("says nothing against a suite that notices all", async () => {
    const said = await prove(["--min-score", "100"], vitest("strong"));
    // with the query that the application builds by postgres.js, and leaves to its caller to await
    expect(said.out).toMatch(/^\d\d alterations of 8 queries, asked of /);
    expect([said.code, said.out]).toEqual([
      0,
      expect.stringMatching(/^score 100 %: \d\d noticed, 0 unasserted, 0 unreached, [^,]+$/m),
    ]);
  });

  it("finds the same with node:test, node-postgres, and no word of the library in the suite", async () => {
    const command = [process.execPath, "--test", "test/weak.node.js"];
    expect(survivorsOf(proofOf(await prove(["--json", "--env", "DATABASE_URL"], command)))).toEqual(WEAK);
  });

  it("finds the same with jest", async () => {
    const jest = [process.execPath, join(root, "node_modules/jest/bin/jest.js"), "--rootDir", "."];
    expect(survivorsOf(proofOf(await prove(["--json"], jest)))).toEqual(WEAK);
  });

  it("waits no longer for a suite than there is time", async () => {
    const { code, err } = await prove(["--budget", "0.001"], vitest("weak"));
    expect([code, err]).toEqual([2, expect.stringContaining("did not end within the time of --budget")]);
  });

  it("proves nothing by tests that fail, ask nothing, or by queries that are elsewhere", async () => {
    const [failing, idle, elsewhere, noBaseline] = [
      await prove([], vitest("failing")),
      await prove([], vitest("idle")),
      await prove(["--only", "src/other", "--json"], vitest("weak")),
      await prove(["--baseline", "none.json"], vitest("weak")),
    ];
    expect(failing).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/expected 1 to be 2[\s\S]*code: SUITE_FAILED/),
    });
    expect(idle).toMatchObject({
      code: 2,
      err: expect.stringContaining("sent no query by postgres.js or node-postgres"),
    });
    expect([elsewhere.code, JSON.parse(elsewhere.out).error.what]).toEqual([2, "No query is asked in src/other"]);
    expect(noBaseline).toMatchObject({
      code: 2,
      err: expect.stringContaining("next: npx with-test-db prove --update-baseline none.json"),
    });
  });

  it("asks for Postgres' parser by name where there is none", async () => {
    const bare = installedProject(
      "prove-bare",
      PEERS.filter((name) => !/^(libpg|pgsql)/.test(name)),
      APPLICATION,
    );
    try {
      const { code, err } = await type(["prove", "--", ...vitest("weak")], {
        program: join(bare, "node_modules/with-test-db/dist/cli.mjs"),
        cwd: bare,
        env: { TEST_DB_URL: own.url, NO_COLOR: "1" },
      });
      expect([code, err]).toEqual([
        2,
        expect.stringContaining("next: npm install --save-dev libpg-query@18 pgsql-deparser@18\n"),
      ]);
    } finally {
      rmSync(bare, { recursive: true, force: true });
    }
  });
});
