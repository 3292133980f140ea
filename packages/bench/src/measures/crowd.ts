/** Whether a warm call feels how many other units are alive. */
import type { Bench } from "../bench.ts";
import { about } from "../finding.ts";
import { interleave } from "../interleave.ts";
import { PhaseMedians } from "../phase-medians.ts";
import { type Stage, setStage } from "../stage.ts";
import { startWorker } from "../worker-process.ts";

const FEW = 10;

export async function measureCrowd(bench: Bench, { server, place }: Stage): Promise<void> {
  const many = bench.quick ? 200 : 1_000;
  const names = ["many", "few"] as const;
  const counts = { many, few: FEW };
  const stages = {
    many: await setStage(server, place.project, "crowd_many"),
    few: await setStage(server, place.project, "crowd_few"),
  };
  const holders = { many: startWorker({ quiet: true }), few: startWorker({ quiet: true }) };
  const workers = { many: startWorker(), few: startWorker() };
  for (const name of names) {
    await holders[name].call("holdUnits", stages[name].place, counts[name]);
    await workers[name].call("open", "ours", stages[name].place);
    for (let n = 0; n < 3; n++) await workers[name].call("live", "ours", stages[name].place);
  }
  await server.settle();
  const phases = new PhaseMedians();
  const samples = await interleave(names, bench.effort(40, 10), async (name) => {
    const life = await workers[name].call("live", "ours", stages[name].place);
    if (name === "many") phases.add(life);
    await server.settle();
    return life.total;
  });
  const labels = { many: `${many} other units alive`, few: `${FEW} other units alive` };
  const part = `${many} against ${FEW}`;
  bench.found({
    ...{ measure: "crowd", part, ...about(stages.many), unit: "ms", samples, labels, phases: phases.medians() },
  });
  for (const name of names) {
    await workers[name].end();
    await holders[name].call("releaseUnits");
    await holders[name].end();
    for (const url of Object.values(stages[name].place.url)) {
      const database = new URL(url).pathname.slice(1);
      if (database !== server.admin.options.database) await server.dropDatabase(database);
    }
  }
}
