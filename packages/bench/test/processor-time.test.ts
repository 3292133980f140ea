import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { processorTimeAtRest, processorTimeOf } from "../src/processor-time.ts";

/** Takes a second of processor time, however long that is on a busy machine. */
const BURN = `
  const taken = () => process.cpuUsage().user + process.cpuUsage().system;
  while (taken() < 1e6) for (let n = 0; n < 1e6; n++);`;
const STAY = "; console.log('burnt'); process.stdin.resume();";
const burnInChild = `require("node:child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(BURN)}]);`;

describe.runIf(process.platform === "linux")("the processor time of a tree of processes", { timeout: 60_000 }, () => {
  let child: ChildProcess | undefined;
  afterEach(async () => {
    if (child?.exitCode !== null) return;
    child.kill();
    await once(child, "exit");
  });
  const run = async (script: string): Promise<number> => {
    child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    return Number(child.pid);
  };

  it("has what a process took that lives", async () => {
    const { ms, pids } = processorTimeOf(await run(BURN + STAY));
    expect(ms).toBeGreaterThan(500);
    expect(pids.size).toBe(1);
  });

  it("has what a child took that has ended", async () => {
    const { ms, pids } = processorTimeOf(await run(burnInChild + STAY));
    expect(ms).toBeGreaterThan(500);
    expect(pids.size).toBe(1);
  });

  it("has what a child took that lives, unless it is left out", async () => {
    const root = await run(
      `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(BURN + STAY)}], { stdio: ["pipe", "inherit", "inherit"] });`,
    );
    const { ms, pids } = processorTimeOf(root);
    expect(ms).toBeGreaterThan(500);
    expect(pids.size).toBe(2);
    const without = processorTimeOf(root, new Set([...pids].filter((pid) => pid !== root)));
    expect(without.pids).toEqual(new Set([root]));
    expect(ms - without.ms).toBeGreaterThan(500);
  });

  it("is read at rest: a process that is at work is waited for", async () => {
    const pid = await run(`console.log("begun"); ${BURN}; process.stdin.resume();`);
    expect(await processorTimeAtRest(pid)).toBeGreaterThan(500);
  });
});
