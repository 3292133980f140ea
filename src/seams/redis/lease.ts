/** What is leased: a whole logical database, or a prefix of keys in a shared one. */
export interface RedisLease {
  readonly isolation: "database" | "prefix";
  readonly database: number;
  readonly prefix: string;
  /** Deletes what was written, and nothing else. False where the lease is not ours any more: then nothing was deleted. */
  clear(): Promise<boolean>;
  /** The same, and gives the lease up. */
  release(): Promise<boolean>;
}

/** Which databases are for what: the register is the last one, prefixes are in the one before. */
export interface Layout {
  /** Where the records of leases are; undefined where no database is left for that. */
  readonly register: number | undefined;
  readonly shared: number;
  /** Those that can be leased whole. */
  readonly whole: readonly number[];
}

/** @param named - the database that the URL names; 0 is what everybody has who names none */
export function layoutOf(count: number, named: number): Layout {
  const whole = Array.from({ length: Math.max(0, count - 3) }, (_, index) => index + 1);
  return {
    register: count > 1 ? count - 1 : undefined,
    shared: Math.max(0, count - 2),
    whole: whole.filter((database) => database !== named),
  };
}
