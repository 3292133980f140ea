import { describe, expect, it } from "vitest";
import { startFailure } from "../../src/server/start-failure.ts";

describe("startFailure", () => {
  it("names the likely cause, what to do about it, and shows the log's last lines", () => {
    const log = [...Array(30).keys()].map((n) => `line ${n}`).join("\n");
    const error = startFailure(18, `${log}\nFATAL: could not write: No space left on device\n`);
    expect(error.code).toBe("EMBEDDED_FAILED");
    expect(error.message).toContain("The embedded PostgreSQL 18 did not start.");
    expect(error.message).toContain("why:  the file system of the data directory is full");
    expect(error.message).toContain("FATAL: could not write: No space left on device");
    expect(error.message).toContain("next: free some space");
    expect(error.message).toContain("TEST_DB_URL=postgres://");
    expect(error.message).not.toContain("line 5\n");
  });

  it.each([
    ["spawnSync /x/native/bin/initdb ENOENT", "glibc"],
    ["initdb: error while loading shared libraries: libicuuc.so.60: cannot open shared object file", "lacks a library"],
    ["initdb does not run: spawnSync /x/initdb EACCES", "noexec"],
    ["initdb does not run: spawnSync /x/initdb EPERM", "no other user than root"],
    ["FATAL:  could not map anonymous shared memory: Cannot allocate memory", "too little memory"],
  ])("knows what %j means", (log, cause) => {
    expect(startFailure(17, log).message).toContain(cause);
  });

  it("does not guess where it knows nothing", () => {
    expect(startFailure(17, "").message).toContain("why:  it left no word in its log");
    expect(startFailure(17, "FATAL: odd").message).toContain("why:  FATAL: odd\n");
  });
});
