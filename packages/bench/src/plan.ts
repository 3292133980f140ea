/** What is measured on a server, in which order. */
import type { Bench, Scene } from "./bench.ts";
import { measureBetween, measureRollback } from "./measures/between.ts";
import { measureCold, measureNew } from "./measures/cold.ts";
import { measureCrowd } from "./measures/crowd.ts";
import { measureFirst } from "./measures/first.ts";
import { measureHistory } from "./measures/history.ts";
import { measureLater } from "./measures/later.ts";
import { MANY, measureLives, measurePglite } from "./measures/lives.ts";
import { measureMemory } from "./measures/memory.ts";
import { measureSuite } from "./measures/suite.ts";
import type { Measure } from "./options.ts";
import { writeProject } from "./project.ts";
import { readProject } from "./real-project.ts";
import type { Server } from "./server.ts";
import { setStage } from "./stage.ts";

/** A measurement, and whether it is made here. */
export type Step = readonly [measure: Measure, here: boolean, run: () => Promise<void>];

/** Everything, with the projects that are made up. */
export async function stepsOfMadeUp(to: Bench, server: Server, folder: string, hasPeers: boolean): Promise<Step[]> {
  const scene: Scene = {
    setting: server.setting,
    small: await setStage(server, writeProject(folder, 30, 35)),
    large: await setStage(server, writeProject(folder, 110, 300)),
    largeShort: await setStage(server, writeProject(folder, 110, 35)),
  };
  const { small, large } = scene;
  const many = hasPeers ? [...MANY, "pgsqlTest" as const] : MANY;
  /** What doesn't depend on the disk is measured once. */
  const once = server.setting !== "disk";
  const thorough = !to.quick;
  return [
    ["later", true, () => measureLater(to, small)],
    ["later", thorough, () => measureLater(to, large)],
    ["first", true, () => measureFirst(to, small)],
    ["first", once && thorough, () => measureFirst(to, large)],
    ["history", once || thorough, () => measureHistory(to, scene)],
    ["lives", true, () => measureLives(to, small, many)],
    ["lives", true, () => measureLives(to, large, many)],
    ["lives", once, () => measurePglite(to, small)],
    ["lives", once && thorough, () => measurePglite(to, large)],
    ["cold", true, () => measureCold(to, small)],
    ["cold", once || thorough, () => measureCold(to, large)],
    ["cold", true, () => measureNew(to, small)],
    ["cold", once || thorough, () => measureNew(to, large)],
    ["between", true, () => measureBetween(to, large)],
    ["between", once, () => measureRollback(to, small)],
    ["crowd", once, () => measureCrowd(to, scene)],
    ["memory", once, () => measureMemory(to, small)],
    ["suite", once, () => measureSuite(to, small)],
  ];
}

/** What can be measured of any project. */
export async function stepsOfProject(to: Bench, server: Server, folder: string): Promise<Step[]> {
  const stage = await setStage(server, readProject(folder));
  return [
    ["later", true, () => measureLater(to, stage)],
    ["first", true, () => measureFirst(to, stage)],
    ["lives", true, () => measureLives(to, stage)],
    ["cold", true, () => measureCold(to, stage)],
    ["cold", true, () => measureNew(to, stage)],
  ];
}
