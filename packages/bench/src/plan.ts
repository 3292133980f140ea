/** What is measured on a server, in which order. */
import type { Bench, Scene } from "./bench.ts";
import { measureBetween, measureRollback } from "./measures/between.ts";
import { measureCold, measureNew } from "./measures/cold.ts";
import { measureCrowd } from "./measures/crowd.ts";
import { measureDatabase } from "./measures/database.ts";
import { measureFirst } from "./measures/first.ts";
import { measureHistory } from "./measures/history.ts";
import { measureLater } from "./measures/later.ts";
import { MANY, measureLives, measurePglite } from "./measures/lives.ts";
import { measureMemory } from "./measures/memory.ts";
import { measureProcessor } from "./measures/processor.ts";
import { measureSuite } from "./measures/suite.ts";
import { measureThroughput } from "./measures/throughput.ts";
import type { Measure } from "./options.ts";
import { writeProject } from "./project.ts";
import type { Server, Setting } from "./server.ts";
import { type Stage, setStage } from "./stage.ts";

/** A measurement, and whether it is made here. */
export type Step<On> = readonly [measure: Measure, here: boolean, run: (on: On) => Promise<void>];

/** What doesn't depend on the disk is measured once. */
const isOnce = (setting: Setting): boolean => setting !== "disk";

export const setScene = async (server: Server, folder: string): Promise<Scene> => ({
  small: await setStage(server, writeProject(folder, 30, 35)),
  large: await setStage(server, writeProject(folder, 110, 300)),
  largeShort: await setStage(server, writeProject(folder, 110, 35)),
});

/** Everything, with the projects that are made up. */
export function stepsOfMadeUp(to: Bench, setting: Setting, hasPeers: boolean): Step<Scene>[] {
  const many = hasPeers ? [...MANY, "pgsqlTest" as const] : MANY;
  const once = isOnce(setting);
  const thorough = !to.quick;
  return [
    ["later", true, ({ small }) => measureLater(to, small)],
    ["later", once && thorough, ({ large }) => measureLater(to, large)],
    ["first", true, ({ small }) => measureFirst(to, small)],
    ["first", once && thorough, ({ large }) => measureFirst(to, large)],
    ["processor", once, ({ small }) => measureProcessor(to, small, ["migrateSchema"])],
    ["processor", once && thorough, ({ large }) => measureProcessor(to, large)],
    ["throughput", once, ({ small }) => measureThroughput(to, small)],
    ["history", once || thorough, (scene) => measureHistory(to, scene)],
    ["lives", true, ({ small }) => measureLives(to, small, many)],
    ["lives", true, ({ large }) => measureLives(to, large, many)],
    ["lives", once, ({ small }) => measurePglite(to, small)],
    ["lives", once && thorough, ({ large }) => measurePglite(to, large)],
    ["database", true, ({ small }) => measureDatabase(to, small)],
    ["database", once && thorough, ({ large }) => measureDatabase(to, large)],
    ["cold", true, ({ small }) => measureCold(to, small)],
    ["cold", once || thorough, ({ large }) => measureCold(to, large)],
    ["cold", true, ({ small }) => measureNew(to, small)],
    ["cold", once || thorough, ({ large }) => measureNew(to, large)],
    ["between", true, ({ large }) => measureBetween(to, large)],
    ["between", once, ({ small }) => measureRollback(to, small)],
    ["crowd", once, ({ small }) => measureCrowd(to, small)],
    ["memory", once, ({ small }) => measureMemory(to, small)],
    ["suite", once, ({ small }) => measureSuite(to, small)],
  ];
}

/** What can be measured of any project. */
export const stepsOfProject = (to: Bench, setting: Setting): Step<Stage>[] => [
  ["later", true, (stage) => measureLater(to, stage)],
  ["first", true, (stage) => measureFirst(to, stage)],
  ["processor", isOnce(setting), (stage) => measureProcessor(to, stage)],
  ["throughput", isOnce(setting), (stage) => measureThroughput(to, stage)],
  ["lives", true, (stage) => measureLives(to, stage)],
  ["database", true, (stage) => measureDatabase(to, stage)],
  ["cold", true, (stage) => measureCold(to, stage)],
  ["cold", true, (stage) => measureNew(to, stage)],
];
