import { spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readPostmaster } from "../../src/server/postmaster.ts";
import { isRoot } from "../../src/server/server-user.ts";

const NOBODY = 65534;

it("is a process of the user whose data it is, where root looks", () => {
  const run = mkdtempSync(join(tmpdir(), "with-test-db-postmaster-"));
  const user = isRoot() && process.platform === "linux" ? { uid: NOBODY, gid: NOBODY } : {};
  const own = spawn("sleep", ["60"], user);
  try {
    mkdirSync(join(run, "data"));
    if (user.uid !== undefined) chownSync(join(run, "data"), user.uid, user.gid);
    const write = (pid: unknown): void => writeFileSync(join(run, "data", "postmaster.pid"), `${pid}\n`);
    write(own.pid);
    expect(readPostmaster(run)).toEqual({ pid: own.pid, ready: false });
    write(process.pid);
    expect(readPostmaster(run)?.pid).toBe(user.uid === undefined ? process.pid : undefined);
  } finally {
    own.kill();
    rmSync(run, { recursive: true, force: true });
  }
});
