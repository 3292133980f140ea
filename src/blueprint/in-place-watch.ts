/**
 * Transactions in which nothing may change but one schema. The catalog is read when one begins and again before it
 * commits, in one snapshot, so that what others do in the database meanwhile is not seen, and what reached outside is
 * rolled back with all the rest.
 */

import type { CatalogObject } from "../catalog/catalog-object.ts";
import { readCatalog } from "../catalog/read-catalog.ts";
import type { Session } from "../connections/session.ts";
import { type Reached, reachOf } from "./reach.ts";

/** Thrown before anything was committed. */
export class ReachedOutside extends Error {
  readonly reached: readonly Reached[];
  constructor(reached: readonly Reached[]) {
    super(reached.map(({ why, kind, name }) => `${why} ${kind} ${name}`).join("; "));
    this.reached = reached;
  }
}

/** What a look sees. */
export interface Seen {
  readonly objects: readonly CatalogObject[];
  readonly tables: ReadonlyMap<string, string>;
}

export class WatchedTransaction {
  readonly #session: Session;
  readonly #schema: string;
  #before: Seen | undefined;
  /** Changes to what the whole cluster has: said, and nobody's fault. */
  readonly roles: Reached[] = [];

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  async begin(): Promise<void> {
    await this.#session.script("begin isolation level repeatable read");
    this.#before = await this.look();
  }

  /** @throws ReachedOutside, and then the transaction is rolled back */
  async commit(): Promise<void> {
    const before = this.#before;
    if (!before) throw new Error("commit() without begin()");
    // a constraint that waits for the end of the transaction may change other tables
    await this.#session.script("set constraints all immediate");
    try {
      this.compare(before, await this.look());
    } catch (error) {
      await this.rollback();
      throw error;
    }
    this.#before = undefined;
    await this.#session.script("commit");
  }

  /** @throws ReachedOutside */
  compare(before: Seen, after: Seen): void {
    const { outside, roles } = reachOf(before.objects, after.objects, [], isNotOurs);
    const tables = [...after.tables]
      .filter(([name, state]) => before.tables.has(name) && before.tables.get(name) !== state)
      .map(([name]): Reached => ({ kind: "rows of table", name, why: "changed" }));
    if (outside.length + tables.length > 0) throw new ReachedOutside([...outside, ...tables]);
    this.roles.push(...roles);
  }

  async rollback(): Promise<void> {
    this.#before = undefined;
    await this.#session.script("rollback");
  }

  /** What is outside at the moment. */
  async look(): Promise<Seen> {
    const objects = await readCatalog(this.#session, { outside: this.#schema }, { contents: false });
    const rows = await this.#session.rows<{ name: string; state: string }>(WRITTEN, [this.#schema]);
    return { objects, tables: new Map(rows.map(({ name, state }) => [name, state])) };
  }
}

/** How often this session wrote to each table outside, and the file that TRUNCATE would have replaced. */
const WRITTEN = `
select format('%I.%I', n.nspname, c.relname) as name,
       concat_ws(' ', c.relfilenode, s.n_tup_ins, s.n_tup_upd, s.n_tup_del) as state
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_stat_xact_user_tables s on s.relid = c.oid
 where c.relkind in ('r', 'm') and n.nspname <> $1::text
   and n.nspname !~ '^(pg_|it_|with_test_db)' and n.nspname <> 'information_schema'`;

/** What belongs to other units, blueprints and our records comes and goes as others work. */
const isNotOurs = ({ schema }: CatalogObject): boolean => !/^(it_|with_test_db)/.test(schema);
