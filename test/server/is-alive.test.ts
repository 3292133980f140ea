import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isAlive } from "../../src/server/is-alive.ts";
import { SOON } from "../support/soon.ts";

it("tells the living from the dead", () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(999_999_999)).toBe(false);
});

it.runIf(existsSync("/proc/self/stat"))("takes a process that only waits to be reaped for dead", async () => {
  const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [line] = await once(parent.stdout, "data");
    const child = Number(line);
    // a shell reaps its children; the program that it becomes does not
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/cmdline`, "utf8"), SOON).toMatch(/^sleep/);
    expect(isAlive(child)).toBe(true);
    process.kill(child, "SIGKILL");
    await expect.poll(() => isAlive(child), SOON).toBe(false);
    expect(existsSync(`/proc/${child}`)).toBe(true);
  } finally {
    parent.kill();
  }
});
