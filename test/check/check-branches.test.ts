/** Two branches in a repository. What drizzle-kit itself says is in test/cli/check.it.test.ts. */
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findAgainst } from "../../src/check/against-base.ts";
import type { Answer } from "../../src/check/answer.ts";
import { checkBranches } from "../../src/check/check-branches.ts";
import { readFolder } from "../../src/check/read-folder.ts";
import { temporaryFolder } from "../support/migrations.ts";
import { type Repository, repository } from "../support/repository.ts";
import { changeJournal, foldersWithSnapshots, snapshot, withSnapshots } from "./folders.ts";

const ONE = { "0000_a": "create table a (id integer);" };
const TWO = { ...ONE, "0001_b": "create table b (id integer);" };

interface Project extends Repository {
  readonly folder: string;
  /** Puts other migrations in the place of those that are there. */
  put(made: string): void;
}

/** A repository whose `main` has migrations, on a branch `work`. */
function project(made: string): Project {
  const root = temporaryFolder();
  const folder = join(root, "drizzle");
  const put = (made: string): void => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(made, folder, { recursive: true });
  };
  put(made);
  const { git, commit } = repository(root);
  commit();
  git("checkout", "--quiet", "-b", "work");
  return { folder, put, git, commit };
}

async function answer(folder: string, ref?: string): Promise<Answer> {
  const read = readFolder(folder);
  return checkBranches(read, await findAgainst(read, ref), { isThere: false, config: undefined });
}

const found = async (folder: string, ref?: string): Promise<readonly string[]> => {
  const { status, findings } = await answer(folder, ref);
  return [status, ...findings.map(({ level, rule, message }) => `${level} ${rule}: ${message.replaceAll(folder, "")}`)];
};

describe("checkBranches()", () => {
  beforeEach(() => {
    for (const name of ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"]) vi.stubEnv(name, "");
  });
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ["a journal", withSnapshots(ONE), withSnapshots(TWO)],
    ["folders", foldersWithSnapshots(ONE), foldersWithSnapshots(TWO)],
  ])("finds nothing in a branch that goes on where it began, with %s", async (_, before, after) => {
    const { folder, put } = project(before);
    put(after);
    expect(await answer(folder)).toEqual({
      question: "branches",
      status: "ok",
      findings: [],
      why: expect.stringMatching(/^drizzle-kit, which is not installed, was not asked/),
    });
  });

  it("says what was not asked without git, and without a base", async () => {
    const folder = withSnapshots(ONE);
    expect(await answer(folder)).toMatchObject({
      status: "ok",
      why: expect.stringMatching(/base branch: not a git rep/),
    });
    expect((await answer(project(withSnapshots(ONE)).folder, "release")).why).toMatch(/git knows no "release"/);
  });

  it("finds two snapshots that follow the same one", async () => {
    const folder = withSnapshots({ ...TWO, "0002_c": "" });
    snapshot(join(folder, "meta", "0002_snapshot.json"), { id: "id-9", prevId: "id-0" });
    expect(await found(folder)).toEqual([
      "found",
      expect.stringMatching(
        /^error same-parent: .*0002_snapshot.json and .*0001_snapshot.json follow the same snapshot/,
      ),
    ]);
    const separate = foldersWithSnapshots({ ...TWO, "0002_c": "" });
    snapshot(join(separate, "20260101000002_0002_c", "snapshot.json"), { id: "id-9", prevIds: ["id-0"] });
    expect(await found(separate)).toEqual(["ok"]);
  });

  it("warns of a snapshot that follows none that is there, and of a copy", async () => {
    const folder = withSnapshots(TWO);
    snapshot(join(folder, "meta", "0001_snapshot.json"), { id: "id-1", prevId: "gone" });
    expect(await found(folder)).toEqual(["ok", expect.stringMatching(/^warning parent-missing: .*0001_snapshot.json/)]);
    snapshot(join(folder, "meta", "0001_snapshot.json"), { id: "id-0", prevId: "gone" });
    expect(await found(folder)).toEqual(["ok", expect.stringMatching(/^warning same-snapshot: /)]);
  });

  it("finds what was applied, and was changed or deleted here, committed or not", async () => {
    const { folder, put, commit } = project(withSnapshots(TWO));
    appendFileSync(join(folder, "0001_b.sql"), "\n-- more");
    const changed = expect.stringMatching(/^error applied-migration-changed: 0001_b is on main, and was changed here/);
    expect(await found(folder)).toEqual(["found", changed]);
    commit();
    expect(await found(folder)).toEqual(["found", changed]);
    put(withSnapshots(ONE));
    expect(await found(folder)).toEqual([
      "found",
      expect.stringMatching(/^error applied-migration-deleted: 0001_b: on main, and not here any more/),
    ]);
  });

  it("finds a base that has gone on", async () => {
    const { folder, put, git, commit } = project(withSnapshots(ONE));
    put(withSnapshots({ ...ONE, "0001_ours": "create table ours (id integer);" }));
    commit();
    git("checkout", "--quiet", "main");
    put(withSnapshots(TWO));
    commit();
    git("checkout", "--quiet", "work");
    expect(await found(folder)).toEqual([
      "found",
      expect.stringMatching(/^error branches-diverged: main has 0001_b, without which 0001_ours was made/),
    ]);
    // what is only behind is in nobody's way
    put(withSnapshots(ONE));
    expect(await found(folder)).toEqual(["ok"]);
  });

  it("finds what is older than the newest of the base, which the migrator passes over", async () => {
    const { folder, put } = project(withSnapshots(TWO));
    put(withSnapshots({ ...ONE, "0001_ours": "select 1;", "0002_b": TWO["0001_b"] }));
    // as a merge may leave it: the branch's own before what main has had for long
    changeJournal(folder, (entries) => {
      entries.splice(
        0,
        3,
        ...["0000_a", "0001_ours", "0001_b"].map((tag, idx) => ({ idx, tag, when: 1_700_000_000_000 + idx * 400 })),
      );
    });
    writeFileSync(join(folder, "0001_b.sql"), TWO["0001_b"]);
    expect(await found(folder)).toContainEqual(
      expect.stringMatching(/^error migration-passed-over: 0001_ours is older than 0001_b on main/),
    );
  });

  it("warns of a folder with an earlier time than the newest of the base, which runs all the same", async () => {
    const { folder, put } = project(foldersWithSnapshots({ a: "", b: "", c: "" }));
    put(foldersWithSnapshots({ a: "", b: "", c: "" }));
    const early = join(folder, "20260101000001_early");
    cpSync(join(folder, "20260101000001_b"), early, { recursive: true });
    snapshot(join(early, "snapshot.json"), { id: "id-8", prevIds: ["id-0"] });
    expect(await found(folder)).toEqual([
      "ok",
      expect.stringMatching(/^warning migration-out-of-order: 20260101000001_early is older than 20260101000002_c/),
    ]);
  });

  it("compares nothing where the layout has changed, nor what was changed where the fork is not known", async () => {
    const moved = project(withSnapshots(TWO));
    moved.put(foldersWithSnapshots(TWO));
    expect((await answer(moved.folder)).why).toContain("main has the migrations in another layout");
    const { folder, git, commit } = project(withSnapshots(TWO));
    git("checkout", "--quiet", "--orphan", "alone");
    rmSync(join(folder, "0001_b.sql"));
    commit();
    const { why, findings } = await answer(folder);
    expect([findings, why]).toEqual([[], expect.stringContaining("where this branch left main is not known")]);
  });

  it("changes nothing in the repository", async () => {
    const { folder, git, put } = project(withSnapshots(ONE));
    put(withSnapshots(TWO));
    const state = (): string[] => [
      git("status", "--porcelain"),
      readFileSync(join(folder, "..", ".git", "index"), "hex"),
    ];
    const before = state();
    await found(folder);
    expect(state()).toEqual(before);
  });
});
