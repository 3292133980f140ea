/** A query on its way to a driver. */

export interface Asked {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /** Where it is a promise, which somebody made: not who waits for it. */
  readonly promise?: object;
  /** Resolves when the query has ended, well or not. */
  readonly settled: Promise<unknown>;
  /** Asks something else by the same session, before the query: the first column of the last row. */
  ask(sql: string): Promise<unknown>;
}

/** What is done with each query before it is sent. */
export interface Before {
  /** @returns what the query waits for */
  prepare?(asked: Asked): Promise<unknown> | undefined;
  /** @returns the text that is sent instead */
  replace?(asked: Asked): string | undefined;
  /** Told of the modules of Drizzle that export builders. */
  watch?(module: object): void;
  /** A query whose text is not known yet. */
  skip?(fragments: string, promise: object): void;
}
