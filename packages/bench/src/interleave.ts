/** Measures in rounds, A B C B C A C A B …: whatever else the machine does then, it does to all of them alike. */
import { performance } from "node:perf_hooks";

/** Samples by name; those with the same index are of the same round. */
export type Rounds<Name extends string = string> = Record<Name, number[]>;

export interface Effort {
  readonly rounds: number;
  /** No further round begins after so many seconds, once there are `atLeast`. */
  readonly seconds: number;
  readonly atLeast: number;
}

export async function interleave<Name extends string>(
  names: readonly Name[],
  { rounds, seconds, atLeast }: Effort,
  sample: (name: Name) => Promise<number>,
): Promise<Rounds<Name>> {
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Rounds<Name>;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= atLeast && performance.now() - began > seconds * 1000) break;
    for (let n = 0; n < names.length; n++) {
      const name = names[(round + n) % names.length] as Name;
      samples[name].push(await sample(name));
    }
  }
  return samples;
}
