/** One life after another, without a pause, until a time is over. A life counts once the answer to its query was checked. */
import { performance } from "node:perf_hooks";
import { type Contender, oneQuery, type Place } from "./contender.ts";

export interface Lived {
  readonly lives: number;
  /** How long they took: the last one is lived to its end. */
  readonly ms: number;
}

export async function liveFor(contender: Contender, place: Place, ms: number): Promise<Lived> {
  const use = oneQuery(place);
  const began = performance.now();
  let lives = 0;
  do {
    await contender.live(place, async (ask) => {
      await use(ask);
      lives++;
    });
  } while (performance.now() - began < ms);
  return { lives, ms: performance.now() - began };
}
