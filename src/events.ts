/**
 * How long each phase of a call took, published on the diagnostics channel `with-test-db` for a reporter or a trace. Nothing
 * is measured twice and nothing is kept.
 */
import { channel } from "node:diagnostics_channel";
import { now } from "./timers.ts";

const units = channel("with-test-db");

/** What is published when a unit was made or disposed of. */
export interface UnitEvent {
  readonly type: "created" | "disposed";
  readonly name: string;
  readonly isolation: string;
  /**
   * Phase → milliseconds. `created`: migrations (read and hashed), server, lease, and where there was no home,
   * home and a second lease. `disposed`: dispose.
   */
  readonly phases: Readonly<Record<string, number>>;
}

export const publish = (event: UnitEvent): void => units.publish(event);

/** Measures phases that follow one another. */
export class Phases {
  #last = now();
  readonly taken: Record<string, number> = {};

  end(phase: string): void {
    const time = now();
    this.taken[phase] = (this.taken[phase] ?? 0) + time - this.#last;
    this.#last = time;
  }
}
