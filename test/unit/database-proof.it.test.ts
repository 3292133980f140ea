/**
 * Whether a clone of a database is as it was handed out: every way of changing it is put back, or seen. `PURITY_STEP=1` tries all,
 * not every third.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CatalogObject, readCatalog } from "../../src/catalog/read-catalog.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { BUSY, PRISTINE, restoreDatabase } from "../../src/unit/database-proof.ts";
import { measureDatabase } from "../../src/unit/measure-database.ts";
import { SABOTAGES, SABOTAGES_18 } from "../proof/sabotage.ts";
import { ZOO, ZOO_18 } from "../proof/zoo.ts";
import { STEP, sampled } from "../support/sampled.ts";
import { testTarget } from "../support/target.ts";
import {
  CHANGES,
  CHANGES_BY_SUPERUSERS,
  PLANTED,
  TEMPLATE,
  TEMPLATE_OF_SUPERUSERS,
  USES,
  USES_ALONE,
  USES_BY_SUPERUSERS,
} from "./database-changes.ts";

const ID = Date.now().toString(36);
const OWNER = `it_proof_owner_${ID}`;

/** What other suites make meanwhile. */
const OF_THE_CLUSTER: readonly string[] = ["role", "role membership", "role setting", "tablespace", "parameter"];

/** A template, measured, and one clone of it at a time. */
class Clones {
  private readonly target: Target;
  private readonly template: string;
  readonly clone: string;
  private session!: Session;
  private inside: Session | undefined;
  pristine = "";
  fresh: CatalogObject[] = [];

  constructor(name: string, target: Target) {
    this.target = target;
    this.template = `it_proof_${name}_${ID}`;
    this.clone = `${this.template}_clone`;
  }

  async make(...scripts: string[]): Promise<void> {
    this.session = await openSession(this.target);
    await this.session.script(`create database ${ident(this.template)}`);
    const within = await openSession(onDatabase(this.target, this.template));
    for (const script of scripts) await within.script(`set search_path to public; ${script}`);
    await within.script("reset search_path");
    this.pristine = await measureDatabase(within);
    await within.close();
    await this.renew();
  }

  async drop(): Promise<void> {
    await this.leave();
    for (const name of [this.clone, this.template]) await this.remove(name);
    await this.session.close();
  }

  private async remove(name: string): Promise<void> {
    const [found] = await this.session.rows("select 1 as found from pg_database where datname = $1::text", [name]);
    if (!found) return;
    await this.session.script(`alter database ${ident(name)} is_template false`);
    // by force, an owner who is no superuser can't where autovacuum is at work
    await dropDatabase(this.session, name, { evenIfUsed: false });
  }

  /** Makes the clone anew. */
  async renew(): Promise<void> {
    await this.leave();
    await this.remove(this.clone);
    const template = ident(this.template);
    // copying files takes a checkpoint, which takes its time where the server waits for the disk
    const [row] = await this.session.rows<{ fsync: string }>("select current_setting('fsync') as fsync");
    const strategy = row?.fsync === "off" ? "file_copy" : "wal_log";
    await this.session.script(`create database ${ident(this.clone)} template ${template} strategy ${strategy}`);
  }

  /** On a session in the clone, which stays until it is left. */
  async within<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.inside ??= await openSession(this.inClone);
    return work(this.inside);
  }

  async leave(): Promise<void> {
    await this.inside?.close();
    this.inside = undefined;
  }

  use = (sql: string): Promise<void> =>
    this.within(async (session) => {
      await session.script("set search_path to public");
      await session.script(sql);
    });

  restore = (comment?: string | null): Promise<unknown> =>
    this.within((session) => answer(session, restoreDatabase(this.pristine, comment))).catch(
      (error: Error) => error.message,
    );

  get inClone(): Target {
    return onDatabase(this.target, this.clone);
  }

  read = (): Promise<CatalogObject[]> =>
    this.within(async (session) => [
      ...(await readCatalog(session, { schema: "public" })),
      ...(await readCatalog(session, { outside: "public" })).filter(({ kind }) => !OF_THE_CLUSTER.includes(kind)),
    ]);
}

/** What the last result of the query says. */
async function answer(session: Session, query: string): Promise<unknown> {
  const results = (await session.client.unsafe(query).simple()) as unknown as Record<string, unknown>[][];
  return Object.values(results.at(-1)?.[0] ?? {})[0];
}

describe.each(["a superuser", "the owner of the database"])("a clone's proof by %s", (who) => {
  const isSuperuser = who === "a superuser";
  let server: Session;
  let clones: Clones;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    if (!isSuperuser) await server.script(`create role ${OWNER} login createdb password 'owner'`);
    const target = isSuperuser ? server.target : { ...server.target, user: OWNER, password: "owner" };
    clones = new Clones(isSuperuser ? "super" : "plain", target);
    await clones.make(TEMPLATE, PLANTED, isSuperuser ? TEMPLATE_OF_SUPERUSERS : "");
    clones.fresh = await clones.read();
  });
  afterAll(async () => {
    await clones.drop();
    if (!isSuperuser) await server.script(`drop role ${OWNER}`);
    await server.close();
  });

  const some = <T>(all: readonly T[]): T[] => sampled(all, STEP, isSuperuser ? 0 : 1);
  it.each(some([...USES, ...USES_ALONE, ...(isSuperuser ? USES_BY_SUPERUSERS : [])]))("puts back: %s", async (sql) => {
    await clones.use(sql);
    // its temporary tables go with it
    await clones.leave();
    expect(await clones.restore()).toBe(PRISTINE);
    expect(await clones.read()).toEqual(clones.fresh);
  });

  it("puts back twenty lives in a row", async () => {
    for (let life = 0; life < 20; life++) {
      await clones.use(USES[(life * 7) % USES.length] ?? "");
      await clones.leave();
      expect(await clones.restore()).toBe(PRISTINE);
    }
    expect(await clones.read()).toEqual(clones.fresh);
  });

  it.each(some([...CHANGES, ...(isSuperuser ? CHANGES_BY_SUPERUSERS : [])]))("sees: %s", async (sql) => {
    if (sql.includes("items_extra")) await clones.use("create unique index items_extra on items (name)");
    await clones.use(sql);
    try {
      const said = await clones.restore();
      expect(said).not.toBe(PRISTINE);
      expect(said).toMatch(/changed|refreshed|does not exist/);
    } finally {
      // no database can be dropped that has one
      if (sql.includes("subscription")) await clones.use("alter subscription extra set (slot_name = none)");
      if (sql.includes("subscription")) await clones.use("drop subscription extra");
      await clones.renew();
    }
  });
});

describe("a clone's proof", () => {
  let server: Session;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    await server.script(`create role ${OWNER} login createdb password 'owner'`);
  });
  afterAll(async () => {
    await server.script(`drop role ${OWNER}`);
    await server.close();
  });

  async function withClones(sql: string, user: string | undefined, work: (clones: Clones) => Promise<void>) {
    const target = user === undefined ? server.target : { ...server.target, user, password: "owner" };
    const clones = new Clones("few", target);
    try {
      await clones.make(sql);
      await work(clones);
    } finally {
      await clones.drop();
    }
  }

  it("says so where somebody has a transaction open, and touches nothing in one of its own user's", () =>
    withClones("create table kinds (id integer); insert into kinds values (1)", undefined, async (clones) => {
      const other = await openSession(clones.inClone);
      await other.script("begin; select * from public.kinds");
      expect(await clones.restore()).toBe(BUSY);
      await other.script("rollback");
      expect(await clones.restore()).toBe(PRISTINE);
      await other.close();
      await clones.use("begin; insert into kinds values (2)");
      expect(await clones.restore()).toBe(BUSY);
      expect(await clones.within(({ rows }) => rows("select current_setting('search_path') as path"))).toEqual([
        { path: "public" },
      ]);
      await clones.use("rollback");
      expect(await clones.restore()).toBe(PRISTINE);
    }));

  it("compares the comment with the one that is told", () =>
    withClones("create table kinds (id integer)", undefined, async (clones) => {
      await clones.use(`comment on database ${ident(clones.clone)} is 'it''s mine'`);
      expect(await clones.restore()).toBe("the comment on the database changed");
      expect(await clones.restore("it's mine")).toBe(PRISTINE);
      expect(await clones.restore(null)).toBe("the comment on the database changed");
    }));

  it("does not depend on the settings of a session", () =>
    withClones("create table kinds (id integer); insert into kinds values (1)", undefined, async (clones) => {
      await clones.use(`set search_path to ''; set standard_conforming_strings to off; set transform_null_equals to on;
        set row_security to off; set session_replication_role to replica; set enable_seqscan to off; set array_nulls to off`);
      expect(await clones.restore()).toBe(PRISTINE);
      await clones.use("delete from kinds");
      expect(await clones.restore()).toBe('rows of the migrations in "public"."kinds" were changed');
      await clones.leave();
      await clones.renew();
      await clones.use("set default_transaction_isolation to serializable");
      expect(await clones.restore()).toBe("the session reads what was there when its transaction began");
    }));

  it.each([
    ["rows in unlogged tables", "create unlogged table t (id integer); insert into t values (1)", /unlogged/],
    [
      "rows that the user may not see",
      "create table t (id integer); insert into t values (1); alter table t enable row level security, force row level security",
      /may not read t/,
    ],
    ["large objects that the user may not read", "select lo_from_bytea(0, 'x')", /may not read pg_largeobject/],
  ])("is never made where the migrations left %s", (_, sql, why) =>
    withClones(sql, OWNER, async (clones) => {
      expect(await clones.restore()).toMatch(why);
    }),
  );

  it("tells whether sessions keep values of sequences to themselves", async () => {
    const caches = async (clones: Clones): Promise<boolean> => JSON.parse(clones.pristine).cachesValues;
    await withClones("create sequence s", undefined, async (clones) => expect(await caches(clones)).toBe(false));
    await withClones("create sequence s cache 5", undefined, async (clones) => expect(await caches(clones)).toBe(true));
  });
});

describe("a clone of the zoo", () => {
  let server: Session;
  let clones: Clones;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    clones = new Clones("zoo", server.target);
    await clones.make(server.serverVersion >= 180000 ? ZOO + ZOO_18 : ZOO);
    clones.fresh = await clones.read();
  });
  afterAll(async () => {
    await clones.drop();
    await server.close();
  });

  it.each(sampled([...SABOTAGES, ...SABOTAGES_18]))(
    "is put back, or not pristine, after a change of %s %s: %s",
    async (_, __, sql) => {
      if (sql.includes(" stays ") && server.serverVersion < 180000) return;
      await clones.use(sql.replace(/(?<!')it_zoo/g, "public"));
      if ((await clones.restore()) === PRISTINE) expect(await clones.read()).toEqual(clones.fresh);
      else await clones.renew();
    },
  );
});
