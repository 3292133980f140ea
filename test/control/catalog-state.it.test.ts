/** What `catalog_state` on the server tells of a unit after anything was done to it: the pool's proof goes by that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Session } from "../../src/connections/session.ts";
import { ensureControlSchema } from "../../src/control/control-schema.ts";
import { SABOTAGES, SABOTAGES_18 } from "../proof/sabotage.ts";
import { ZOO, ZOO_18 } from "../proof/zoo.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

/** DDL of which the catalog's rows say nothing to the proof, each with what that means. */
const UNSEEN: Readonly<Record<string, string>> = {
  "alter index keepers_lower alter column 1 set statistics 100": "no result depends on it",
  "alter function same_pair depends on extension plpgsql": "only a DROP EXTENSION goes by it",
};

const ELSEWHERE = "create schema elsewhere; ";

/** Beside the ways in which a unit can differ from its blueprint. */
const ALTERED = [
  "alter text search parser words rename to others",
  "alter text search template bare rename to other",
  "alter collation nordic owner to pg_monitor",
  "alter conversion to_latin rename to other",
  "alter table parents alter column name set statistics 5",
  "alter table parents set (toast.autovacuum_enabled = false)",
  "alter sequence tickets restart with 99",
  "alter function same_pair depends on extension plpgsql",
  "create cast (mood as integer) with inout",
  "create publication everything for tables in schema it_zoo",
  "create publication one for table keepers",
  `${ELSEWHERE}create type elsewhere.typed as (id integer); alter table scratchpad of elsewhere.typed`,
];

/** Objects of other schemas that depend on one of the unit's. */
const LEANING = [
  "create table elsewhere.leaning (id integer references it_zoo.keepers)",
  "create view elsewhere.leaning as select * from it_zoo.keepers",
  "create table elsewhere.leaning () inherits (it_zoo.parents)",
  "create function elsewhere.leaning() returns it_zoo.mood language sql return 'ok'::it_zoo.mood",
  "create table elsewhere.leaning (id integer check (id operator(it_zoo.===) 1))",
  "create table elsewhere.leaning (name text collate it_zoo.nordic)",
  "create table elsewhere.leaning (id regconfig default 'it_zoo.searching'::regconfig)",
  "create text search dictionary elsewhere.leaning (template = it_zoo.bare)",
  "create text search configuration elsewhere.leaning (parser = it_zoo.words)",
];

/** What a unit is used for. */
const USED = [
  "insert into parents values (7)",
  "truncate keepers cascade",
  "analyze keepers",
  "select nextval('tickets')",
  "refresh materialized view census",
];

describe("catalog_state", () => {
  let database: OwnDatabase;
  let session: Session;
  let built: string;
  beforeAll(async () => {
    database = await openOwnDatabase(`it_catalog_state_${Date.now().toString(36)}`);
    session = database.session;
    await ensureControlSchema(session);
    const zoo = session.serverVersion >= 180000 ? ZOO + ZOO_18 : ZOO;
    await session.script(`begin; set local search_path to public; ${zoo}; alter schema public rename to it_zoo;
      create table with_test_db.built as select pg_current_xact_id()::xid::text as xid; commit`);
    const [row] = await session.rows<{ xid: string }>("select xid from with_test_db.built");
    built = row?.xid ?? "";
  });
  afterAll(() => database.drop());

  interface State {
    readonly shape: string;
    readonly strangers: string;
  }

  async function stateAfter(sql: string): Promise<State | undefined> {
    await session.script("begin; set local search_path to it_zoo");
    try {
      await session.script(sql);
      const [state] = await session.rows<State>(
        "select shape, strangers::text from with_test_db.catalog_state('it_zoo', $1::text::xid, $1::text::xid)",
        [built],
      );
      return state;
    } finally {
      await session.script("rollback");
    }
  }

  const untouched = (): Promise<State | undefined> => stateAfter("select");

  it("finds no stranger in a unit that nobody touched", async () => {
    expect(await untouched()).toMatchObject({ strangers: "0" });
  });

  it.each(USED)("is the same after: %s", async (sql) => {
    expect(await stateAfter(sql)).toEqual(await untouched());
  });

  const ddl = [...SABOTAGES, ...SABOTAGES_18].filter(([kind]) => kind !== "rows" && kind !== "sequence state");
  it.each([...ddl.map(([kind, , sql]) => [kind, sql] as const), ...ALTERED.map((sql) => ["an object", sql] as const)])(
    "is another after a change of %s: %s",
    async (_, sql) => {
      // what only PostgreSQL 18 has
      if (sql.includes(" stays ") && session.serverVersion < 180000) return;
      if (sql in UNSEEN) expect(await stateAfter(sql)).toEqual(await untouched());
      else expect(await stateAfter(sql)).not.toEqual(await untouched());
    },
  );

  it.each(LEANING)("is another where something leans on the unit: %s", async (sql) => {
    expect(await stateAfter(`${ELSEWHERE}${sql}`)).not.toEqual(await untouched());
  });

  it("is another after an object was labelled", async () => {
    // without a label provider nobody else can
    const label = "insert into pg_seclabel values ('keepers'::regclass, 'pg_class'::regclass, 0, 'provider', 'label')";
    expect(await stateAfter(label)).not.toEqual(await untouched());
  });
});
