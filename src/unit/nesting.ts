/** Calls that share one connection: each is inside of the call that it was made in, and those beside one another follow one another. */
import { AsyncLocalStorage } from "node:async_hooks";

interface Level {
  readonly depth: number;
  /** The end of the last call that was made directly in this one. */
  last: Promise<unknown>;
}

export class Nesting {
  readonly #current = new AsyncLocalStorage<Level>();
  readonly #outermost: Level = { depth: 0, last: Promise.resolve() };

  /**
   * Runs `work` once the calls are over that were made before at the same place.
   *
   * @param work - is told how many calls it is in, itself included
   */
  enter<Result>(work: (depth: number) => Promise<Result>): Promise<Result> {
    const outer = this.#current.getStore() ?? this.#outermost;
    const level: Level = { depth: outer.depth + 1, last: Promise.resolve() };
    const done = outer.last.then(() => this.#current.run(level, () => work(level.depth)));
    outer.last = done.catch(() => {});
    return done;
  }
}
