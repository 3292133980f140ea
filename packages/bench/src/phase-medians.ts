/** Where with-test-db says that its time went, over many lives. */
import { median } from "simple-statistics";
import type { Life } from "./worker.ts";

export class PhaseMedians {
  readonly #taken = new Map<string, number[]>();

  add({ phases }: Life): void {
    for (const [name, ms] of Object.entries(phases)) this.#taken.set(name, [...(this.#taken.get(name) ?? []), ms]);
  }

  medians(): Record<string, number> {
    return Object.fromEntries([...this.#taken].map(([name, list]) => [name, median(list)]));
  }
}
