/** The first call ever, where nothing is there yet, and a new unit each time; both against one bare `migrate()`. */
import { randomBytes } from "node:crypto";
import type { Bench } from "../bench.ts";
import { CONTENDERS, type ContenderName } from "../contenders/index.ts";
import { about } from "../finding.ts";
import { interleave } from "../interleave.ts";
import { PhaseMedians } from "../phase-medians.ts";
import { emptyPlace, type Stage } from "../stage.ts";
import { startWorker } from "../worker-process.ts";

export async function measureCold(bench: Bench, stage: Stage): Promise<void> {
  const phases = new PhaseMedians();
  const samples = await interleave(["ours", "bareMigrate"] as const, bench.effort(6, 15, 3), async (name) => {
    const [place, drop] = await emptyPlace(stage, `cold_${randomBytes(4).toString("hex")}`);
    await stage.server.settle();
    const worker = startWorker();
    await worker.call("open", name, place);
    const life = await worker.call("live", name, place);
    if (name === "ours") phases.add(life);
    await worker.end();
    await drop();
    return life.answered;
  });
  bench.found({
    ...{ measure: "cold", part: "first call ever, until the answer to a query, in a fresh process" },
    ...{ ...about(stage), unit: "ms", samples, phases: phases.medians() },
    labels: { ours: CONTENDERS.ours, bareMigrate: "connect, `migrate()` into an empty database" },
  });
}

export async function measureNew(bench: Bench, stage: Stage): Promise<void> {
  const names = ["oursNew", "bareMigrate"] as const satisfies ContenderName[];
  const worker = startWorker();
  for (const name of names) await worker.call("open", name, stage.place);
  const phases = new PhaseMedians();
  const lives: Record<(typeof names)[number], number[]> = { oursNew: [], bareMigrate: [] };
  await worker.call("live", "oursNew", stage.place);
  const samples = await interleave(names, bench.effort(12, 8), async (name) => {
    const [place, drop] =
      name === "oursNew"
        ? [stage.place, async () => {}]
        : await emptyPlace(stage, `new_${randomBytes(4).toString("hex")}`);
    // our session is there, as it is for every call but a process's first
    if (name === "oursNew") await worker.call("live", name, place);
    const life = await worker.call("live", name, place);
    if (name === "oursNew") phases.add(life);
    lives[name].push(life.total);
    await drop();
    await stage.server.settle();
    return life.answered;
  });
  await worker.end();
  bench.found({
    ...{ measure: "cold", part: "a new unit, until the answer to a query" },
    ...{ ...about(stage), unit: "ms", samples, phases: phases.medians() },
    labels: { oursNew: CONTENDERS.oursNew, bareMigrate: "connect, `migrate()` into an empty database" },
  });
  bench.found({
    ...{ measure: "cold", part: "a new unit, dropped", ...about(stage), unit: "ms" },
    samples: { oursNew: lives.oursNew },
    labels: { oursNew: CONTENDERS.oursNew },
  });
}
