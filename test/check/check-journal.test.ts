import { rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { checkJournal } from "../../src/check/check-journal.ts";
import { readFolder } from "../../src/check/read-folder.ts";
import { addFolder, changeJournal, foldersWithSnapshots, withSnapshots } from "./folders.ts";

const THREE = { "0000_a": "select 1;", "0001_b": "select 2;", "0002_c": "select 3;" };

/** `level rule file`, and the status. */
function found(folder: string, isNew: (file: string) => boolean = () => true): unknown[] {
  const { status, findings } = checkJournal(readFolder(folder), isNew);
  const lines = findings.map(({ level, rule, file = "" }) => `${level} ${rule} ${relative(folder, file)}`);
  return [status, ...lines];
}

describe("checkJournal() of a journal", () => {
  it("finds nothing in one that is whole", () => {
    expect(found(withSnapshots(THREE))).toEqual(["ok"]);
  });

  it("finds what the migrator passes over: what is not younger than one before it", () => {
    const folder = withSnapshots(THREE);
    changeJournal(folder, ([a, b, c]) => {
      if (a && b && c) [a.when, b.when, c.when] = [3, 1, 3];
    });
    expect(found(folder)).toEqual([
      "found",
      "error migration-passed-over 0001_b.sql",
      "error migration-passed-over 0002_c.sql",
    ]);
    expect(found(folder, (file) => file.endsWith("_c.sql"))).toEqual([
      "found",
      "warning migration-passed-over 0001_b.sql",
      "error migration-passed-over 0002_c.sql",
    ]);
    expect(found(folder, () => false)[0]).toBe("ok");
  });

  it("finds files that are not there, and files that no entry names", () => {
    const folder = withSnapshots(THREE);
    rmSync(join(folder, "0001_b.sql"));
    writeFileSync(join(folder, "0003_d.sql"), "select 4;");
    expect(found(folder)).toEqual([
      "found",
      "error migration-missing 0001_b.sql",
      "error migration-never-runs 0003_d.sql",
    ]);
    expect(found(folder, () => false)).toContain("warning migration-never-runs 0003_d.sql");
  });

  it("finds numbers that are missing, tags that are there twice, and two migrations with one number", () => {
    const folder = withSnapshots(THREE);
    changeJournal(folder, (entries) => {
      entries.splice(1, 1);
    });
    rmSync(join(folder, "0001_b.sql"));
    expect(found(folder)).toEqual(["ok", `warning journal-numbers ${join("meta", "_journal.json")}`]);
    changeJournal(folder, (entries) => {
      entries[1] = { ...entries[1], idx: 1 } as (typeof entries)[0];
      entries.push({ tag: "0002_c", idx: 2, when: Date.now() }, { tag: "0002_d", idx: 3, when: Date.now() + 1 });
    });
    writeFileSync(join(folder, "0002_d.sql"), "");
    expect(found(folder)).toEqual(["found", "error same-tag 0002_c.sql", "error same-number 0002_d.sql"]);
  });

  it("knows the names that migrations without a number have", () => {
    expect(found(withSnapshots({ _a: "", _b: "", "20260101093000_c": "" }))).toEqual(["ok"]);
  });

  it("warns of a snapshot that is not there", () => {
    const folder = withSnapshots(THREE);
    rmSync(join(folder, "meta", "0001_snapshot.json"));
    expect(found(folder)).toEqual(["ok", "warning snapshot-missing 0001_b.sql"]);
  });

  it.each([
    ["<<<<<<< HEAD", /it is not JSON/],
    ["{}", /no list of "entries"/],
    ['{"entries":[{"tag":"a"}]}', /entry 0 has no tag .* or no when/],
    ["null", /no list/],
  ])("finds a journal that can't be read: %s", (text, why) => {
    const folder = withSnapshots(THREE);
    writeFileSync(join(folder, "meta", "_journal.json"), text);
    const { status, findings } = checkJournal(readFolder(folder), () => true);
    expect([status, findings]).toEqual(["found", [expect.objectContaining({ message: expect.stringMatching(why) })]]);
  });
});

describe("checkJournal() of folders", () => {
  it("finds nothing in what is whole", () => {
    expect(found(foldersWithSnapshots(THREE))).toEqual(["ok"]);
  });

  it("finds folders without SQL or snapshot, without a time, and with the same time", () => {
    const folder = foldersWithSnapshots({ a: "select 1;" });
    addFolder(folder, "20260101000000_b", { "migration.sql": "select 2;" });
    addFolder(folder, "20260101000009_c", { "snapshot.json": "{}" });
    addFolder(folder, "later", { "migration.sql": "", "snapshot.json": "{}" });
    addFolder(folder, "notes", { "README.md": "" });
    writeFileSync(join(folder, "0000_old.sql"), "");
    expect(found(folder)).toEqual([
      "found",
      `error folder-without-time ${join("later", "migration.sql")}`,
      `warning same-time ${join("20260101000000_b", "migration.sql")}`,
      `error migration-missing ${join("20260101000009_c", "snapshot.json")}`,
      "error migration-never-runs 0000_old.sql",
      `warning snapshot-missing ${join("20260101000000_b", "migration.sql")}`,
    ]);
  });
});
