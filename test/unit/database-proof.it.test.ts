/** Whether a clone of a database is as it was handed out: every way of changing it is put back, or seen. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CatalogObject, readCatalog } from "../../src/catalog/read-catalog.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/private-database.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { PRISTINE, restoreDatabase } from "../../src/unit/database-proof.ts";
import { measureDatabase } from "../../src/unit/measure-database.ts";
import { SABOTAGES, SABOTAGES_18 } from "../proof/sabotage.ts";
import { ZOO, ZOO_18 } from "../proof/zoo.ts";
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
    this.fresh = await this.read();
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
    await this.session.script(`create database ${ident(this.clone)} template ${template} strategy file_copy`);
  }

  /** On a session in the clone, which stays until it is left. */
  async within<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.inside ??= await openSession(onDatabase(this.target, this.clone));
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

  restore = (): Promise<unknown> =>
    this.within((session) => answer(session, this.pristine)).catch((error: Error) => error.message);

  read = (): Promise<CatalogObject[]> =>
    this.within(async (session) => [
      ...(await readCatalog(session, { schema: "public" })),
      ...(await readCatalog(session, { outside: "public" })).filter(({ kind }) => !OF_THE_CLUSTER.includes(kind)),
    ]);
}

/** What the last result of the query says. */
async function answer(session: Session, pristine: string): Promise<unknown> {
  const results = (await session.client.unsafe(restoreDatabase(pristine)).simple()) as unknown as Record<
    string,
    unknown
  >[][];
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
  });
  afterAll(async () => {
    await clones.drop();
    if (!isSuperuser) await server.script(`drop role ${OWNER}`);
    await server.close();
  });

  it.each([...USES, ...USES_ALONE, ...(isSuperuser ? USES_BY_SUPERUSERS : [])])("puts back: %s", async (sql) => {
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

  it.each([...CHANGES, ...(isSuperuser ? CHANGES_BY_SUPERUSERS : [])])("sees: %s", async (sql) => {
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

describe("a clone of the zoo", () => {
  let server: Session;
  let clones: Clones;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    clones = new Clones("zoo", server.target);
    await clones.make(server.serverVersion >= 180000 ? ZOO + ZOO_18 : ZOO);
  });
  afterAll(async () => {
    await clones.drop();
    await server.close();
  });

  it.each([...SABOTAGES, ...SABOTAGES_18])(
    "is put back, or not pristine, after a change of %s %s: %s",
    async (_, __, sql) => {
      if (sql.includes(" stays ") && server.serverVersion < 180000) return;
      await clones.use(sql.replace(/(?<!')it_zoo/g, "public"));
      if ((await clones.restore()) === PRISTINE) expect(await clones.read()).toEqual(clones.fresh);
      else await clones.renew();
    },
  );
});
