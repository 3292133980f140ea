/** What a measurement found: samples by the name of what was measured. */
import { CONTENDERS, type ContenderName } from "./contenders/index.ts";
import type { Rounds } from "./interleave.ts";
import type { Measure } from "./options.ts";
import type { Setting } from "./server.ts";
import type { Stage } from "./stage.ts";

export interface Finding {
  readonly measure: Measure;
  /** What was measured, where the measure has more than one. */
  readonly part?: string;
  readonly setting: Setting;
  readonly tables: number;
  readonly migrations: number;
  readonly unit: "ms" | "s" | "MB" | "round trips" | "a second";
  readonly samples: Rounds;
  /** What the samples are sums of, where that is of interest: the same names and rounds. */
  readonly shares?: Readonly<Record<string, Rounds>>;
  /** Samples' names to words, in the order in which they are shown. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where with-test-db says that its time went: the medians of its phases. */
  readonly phases?: Readonly<Record<string, number>>;
}

export const about = ({ server, place: { project } }: Stage): Pick<Finding, "setting" | "tables" | "migrations"> => ({
  setting: server.setting,
  tables: project.tables,
  migrations: project.migrations,
});

export const labelsOf = (names: readonly ContenderName[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, CONTENDERS[name]]));
