import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newMigrations } from "../../src/migrations/new-migrations.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { folderPerMigration, journalFolder, temporaryFolder } from "../support/migrations.ts";
import { repository } from "../support/repository.ts";

const ONE = { "0000_one": "create table one (id integer);" };
const TWO = { ...ONE, "0001_two": "create table two (id integer);" };

/** A project with migrations in `db/drizzle`, which can be changed. */
function project(made: string): { root: string; folder: string; put(made: string): void } {
  const root = temporaryFolder();
  const folder = join(root, "db", "drizzle");
  const put = (made: string): void => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(root, "db"), { recursive: true });
    cpSync(made, folder, { recursive: true });
  };
  put(made);
  return { root, folder, put };
}

const found = async (folder: string, ref?: string): Promise<unknown> => {
  const drizzle = existsSync(join(folder, "meta")) ? "0.45.4" : "1.0.0";
  const answer = await newMigrations(readMigrations(folder, drizzle), ref);
  return "why" in answer ? answer : { ref: answer.base.ref, tags: answer.list.map(({ tag }) => tag) };
};

describe("newMigrations()", () => {
  beforeEach(() => {
    for (const name of ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"]) vi.stubEnv(name, "");
  });
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ["a journal", journalFolder(ONE), journalFolder(TWO), "0001_two"],
    ["folders", folderPerMigration(ONE), folderPerMigration(TWO), "20260101000001_0001_two"],
  ])("are those of a branch, committed or not, with %s", async (_, before, after, tag) => {
    const { root, folder, put } = project(before);
    const { git, commit } = repository(root);
    commit();
    git("checkout", "--quiet", "-b", "work");
    put(after);
    expect(await found(folder)).toEqual({ ref: "main", tags: [tag] });
    commit();
    expect(await found(folder)).toEqual({ ref: "main", tags: [tag] });
    expect(await found(folder, "work")).toEqual({ ref: "work", tags: [] });
  });

  it("are counted from where a branch left its base, which may have gone on", async () => {
    const { root, folder, put } = project(journalFolder(ONE));
    const { git, commit } = repository(root);
    commit();
    git("checkout", "--quiet", "-b", "work");
    put(journalFolder(TWO));
    commit();
    git("checkout", "--quiet", "main");
    git("merge", "--quiet", "--no-ff", "--message=merge", "work");
    git("checkout", "--quiet", "work");
    put(journalFolder({ ...TWO, "0002_three": "select 3;" }));
    expect(await found(folder)).toEqual({ ref: "main", tags: ["0002_three"] });
  });

  it("are none where only the layout has changed", async () => {
    const { root, folder, put } = project(journalFolder(TWO));
    repository(root).commit();
    put(folderPerMigration({ ...TWO, "0002_three": "select 3;" }));
    expect(await found(folder)).toEqual({ ref: "main", tags: ["20260101000002_0002_three"] });
  });

  it("count a file that the journal of the base does not name", async () => {
    const { root, folder, put } = project(journalFolder(ONE));
    writeFileSync(join(folder, "0001_two.sql"), TWO["0001_two"]);
    repository(root).commit();
    put(journalFolder(TWO));
    expect(await found(folder)).toEqual({ ref: "main", tags: ["0001_two"] });
  });

  it("are looked for on the branch of the pull request", async () => {
    const { root, folder, put } = project(journalFolder(ONE));
    const { git, commit } = repository(root);
    commit();
    git("update-ref", "refs/remotes/origin/release", "HEAD");
    put(journalFolder(TWO));
    commit();
    vi.stubEnv("GITHUB_BASE_REF", "release");
    expect(await found(folder)).toEqual({ ref: "origin/release", tags: ["0001_two"] });
  });

  it("cannot be told without a repository, without commits, and without the base", async () => {
    const { root, folder } = project(journalFolder(ONE));
    expect(await found(folder)).toMatchObject({ why: expect.stringMatching(/^not a git repository/) });
    const { commit } = repository(root);
    expect(await found(folder)).toMatchObject({ why: "nothing is committed yet" });
    commit();
    expect(await found(folder, "release")).toEqual({
      why: 'git knows no "release"',
      next: "git fetch origin release",
    });
    expect(await found(folder, "--output=x")).toMatchObject({ why: 'git knows no "--output=x"' });
    repository(root).git("branch", "--move", "trunk");
    expect(await found(folder)).toMatchObject({ why: expect.stringContaining("origin/main") });
  });
});
