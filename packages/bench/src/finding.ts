/** What a measurement found: samples by the name of what was measured. */
import type { Rounds } from "./interleave.ts";
import type { Measure } from "./options.ts";
import type { Setting } from "./server.ts";

export interface Finding {
  readonly measure: Measure;
  /** What was measured, where the measure has more than one. */
  readonly part?: string;
  readonly setting: Setting;
  readonly tables: number;
  readonly migrations: number;
  readonly unit: "ms" | "s" | "MB" | "round trips";
  readonly samples: Rounds;
  /** Samples' names to words, in the order in which they are shown. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where with-test-db says that its time went: the medians of its phases. */
  readonly phases?: Readonly<Record<string, number>>;
}
