/** What `as()` owes its users under every driver and line of Drizzle: policies decide as for a request of the application's. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../src/index.ts";
import { ident } from "../../src/sql/identifiers.ts";
import type { TestDbHandle, Transaction } from "../../src/test-db.ts";
import { type AnyDb, codeFrom, type Options, type Subject } from "../drivers/conformance.ts";
import { DROPPING, dropOwnRole, dropRoles } from "../support/drop-own-role.ts";
import { temporaryFolder } from "../support/migrations.ts";
import { type OwnRole, openOwnRole } from "../support/own-role.ts";

const NAME = `it_as_${process.pid}_${Date.now().toString(36)}`;
const MEMBER = `${NAME}_"Member"`;
const APP = `${NAME}_app`;

const ROLES = `
  create role ${ident(MEMBER)} nologin;
  create role ${APP} nologin;
  grant usage on schema public to ${ident(MEMBER)}, ${APP};
  alter default privileges in schema public grant select, insert, update on tables to ${ident(MEMBER)}, ${APP};
  alter default privileges in schema public grant usage on sequences to ${ident(MEMBER)}, ${APP};`;

const MIGRATIONS = {
  "0000_notes": `
    CREATE TABLE "notes" ("id" serial PRIMARY KEY, "owner" text NOT NULL, "tenant" integer NOT NULL, UNIQUE ("owner", "tenant"));--> statement-breakpoint
    ALTER TABLE "notes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
    CREATE POLICY "own" ON "notes" TO ${ident(MEMBER)}
      USING ("owner" = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub');--> statement-breakpoint
    CREATE POLICY "tenant" ON "notes" TO ${APP} USING ("tenant" = nullif(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
    CREATE TABLE "hidden" ("id" integer);--> statement-breakpoint
    REVOKE ALL ON "hidden" FROM ${APP};--> statement-breakpoint
    INSERT INTO "notes" ("owner", "tenant") VALUES ('ada', 1), ('bob', 1), ('bob', 2);`,
};

export function asConformance<Client>(subject: Subject<Client>): void {
  const { sql } = subject.orm;
  const { pgTable, serial, text, integer, pgRole } = subject.core;
  const notes = pgTable("notes", {
    id: serial().primaryKey(),
    owner: text().notNull(),
    tenant: integer().notNull(),
  });
  const migrationsFolder = subject.migrationsFolder(MIGRATIONS);
  const ada: Identity = { role: MEMBER, claims: { sub: "ada" } };
  const bob: Identity = { role: MEMBER, claims: { sub: "bob" } };
  const tenant = (id: number): Identity => ({ role: APP, settings: { "app.tenant_id": id } });
  const seen = async (db: AnyDb): Promise<string[]> =>
    (await db.select().from(notes).orderBy(notes.id)).map(({ owner, tenant }) => `${owner} ${tenant}`);
  const add = (db: AnyDb, owner: string, tenant: number) => db.insert(notes).values({ owner, tenant });
  const ALL = ["ada 1", "bob 1", "bob 2"];

  let own: OwnRole;
  let prepare: string[];
  const open = (options: Partial<Options<Client>> = {}): Promise<TestDbHandle<AnyDb, Client>> =>
    subject.withTestDb({ migrationsFolder, prepare, url: own.url, ...options });
  const whoIsIt = async (testDb: TestDbHandle<AnyDb, Client>): Promise<unknown> => {
    const [row] = await subject.query(
      testDb.client,
      `select current_user::text as role, coalesce(current_setting('request.jwt.claims', true), '') as claims,
              coalesce(current_setting('app.tenant_id', true), '') as tenant`,
    );
    return row;
  };
  const nobody = (): object => ({ role: NAME, claims: "", tenant: "" });

  beforeAll(async () => {
    own = await openOwnRole(NAME, "superuser");
    const file = join(temporaryFolder(), "roles.sql");
    writeFileSync(file, ROLES);
    prepare = [file];
  });
  afterAll(async () => {
    await dropOwnRole(own, [`${NAME}_login`]);
    await dropRoles([MEMBER, APP]);
  }, DROPPING);

  describe.each(["schema", "database"] as const)("as() in a %s", (isolation) => {
    let testDb: TestDbHandle<AnyDb, Client>;
    beforeAll(async () => {
      testDb = await open({ isolation });
    });
    beforeEach(async () => {
      await testDb.reset();
      expect(await seen(testDb.db)).toEqual(ALL);
    });
    afterAll(() => testDb?.dispose());

    it("has the policies of a role decide, by claims and by settings", async () => {
      expect(await testDb.as(ada, seen)).toEqual(["ada 1"]);
      expect(await testDb.as(bob, seen)).toEqual(["bob 1", "bob 2"]);
      expect(await testDb.as(tenant(1), seen)).toEqual(["ada 1", "bob 1"]);
      expect(await testDb.as({ role: pgRole(MEMBER).existing() }, seen)).toEqual([]);
      expect(await testDb.as({ role: NAME }, seen)).toEqual(ALL);
    });

    it("sets the role, the claims with the role in them, and settings of every type, for the transaction alone", async () => {
      const state = async (db: AnyDb): Promise<unknown> => {
        const answered = (await db.execute(
          sql`select current_user::text as role, session_user::text as login, current_setting('request.jwt.claims', true) as claims,
                     current_setting('app.text', true) as text, current_setting('app.yes', true) as yes, current_setting('statement_timeout') as timeout`,
        )) as unknown as Record<string, string>[] & { readonly rows?: Record<string, string>[] };
        const [row] = answered.rows ?? answered;
        return { ...row, claims: JSON.parse(row?.["claims"] || "null") };
      };
      const claims = { sub: 'it\'s "odd" \\ 🐈', app_metadata: { tenants: [1, 2] } };
      const settings = { "app.text": 'it\'s; "odd" $1', "app.yes": true, statement_timeout: 12_345 };
      expect(await testDb.as({ role: MEMBER, claims, settings }, state)).toEqual({
        role: MEMBER,
        login: NAME,
        claims: { ...claims, role: MEMBER },
        text: settings["app.text"],
        yes: "true",
        timeout: "12345ms",
      });
      expect(await testDb.as({ role: MEMBER, claims: { role: "admin" } }, state)).toMatchObject({
        claims: { role: "admin" },
      });
      expect(await whoIsIt(testDb)).toEqual(nobody());
    });

    it("commits what is written when the function returns, and undoes it when the function throws", async () => {
      expect(await testDb.as(ada, (db) => add(db, "ada", 2).then(() => "written"))).toBe("written");
      const failure = new Error("enough");
      const undone = testDb.as(ada, async (db) => {
        await add(db, "ada", 3);
        throw failure;
      });
      await expect(undone).rejects.toBe(failure);
      expect(await seen(testDb.db)).toEqual([...ALL, "ada 2"]);
      expect(await whoIsIt(testDb)).toEqual(nobody());
    });

    it("leaves Postgres' refusals as the application sees them: of a policy, and of a missing GRANT", async () => {
      expect(await codeFrom(testDb.as(ada, (db) => add(db, "bob", 3)))).toBe("42501");
      const hidden = testDb.as(tenant(1), (db) => db.execute(sql`select from hidden`));
      const refusal = await hidden.then(
        () => undefined,
        (error: unknown) => error as Error & { readonly cause?: Error },
      );
      expect(`${refusal} ${refusal?.cause}`).toContain("permission denied for table hidden");
      expect(await codeFrom(hidden)).toBe("42501");
    });

    it("runs several side by side, and one inside of another, each with a transaction of its own", async () => {
      const [a, b, t] = await Promise.all([ada, bob, tenant(2)].map((who) => testDb.as(who, seen)));
      expect([a, b, t]).toEqual([["ada 1"], ["bob 1", "bob 2"], ["bob 2"]]);
      await testDb.as(ada, async (db) => {
        expect(await testDb.as(bob, seen)).toEqual(["bob 1", "bob 2"]);
        expect(await seen(testDb.db)).toEqual(ALL);
        expect(await seen(db)).toEqual(["ada 1"]);
      });
    });

    it("has nested transactions be savepoints", async () => {
      await testDb.as(ada, async (db) => {
        expect(await codeFrom(db.transaction((tx) => add(tx, "bob", 3)))).toBe("42501");
        await db.transaction((tx) => add(tx, "ada", 2));
      });
      expect(await seen(testDb.db)).toEqual([...ALL, "ada 2"]);
    });

    describe("inside of begin()", () => {
      let transaction: Transaction<AnyDb>;
      const inside = async (work: () => Promise<void>): Promise<void> => {
        transaction = await testDb.begin();
        try {
          await work();
          expect(await whoIsIt(testDb)).toEqual(nobody());
        } finally {
          await transaction.rollback();
        }
        expect(await seen(testDb.db)).toEqual(ALL);
        expect(await whoIsIt(testDb)).toEqual(nobody());
      };

      it("puts the role and the settings back, also after errors", () =>
        inside(async () => {
          expect(await testDb.as(ada, (db) => add(db, "ada", 2).then(() => seen(db)))).toEqual(["ada 1", "ada 2"]);
          expect(await whoIsIt(testDb)).toEqual(nobody());
          expect(await seen(testDb.db)).toEqual([...ALL, "ada 2"]);
          const failure = new Error("enough");
          const undone = testDb.as(bob, async (db) => {
            await add(db, "bob", 3);
            throw failure;
          });
          await expect(undone).rejects.toBe(failure);
          expect(await whoIsIt(testDb)).toEqual(nobody());
          expect(await codeFrom(testDb.as(tenant(1), (db) => add(db, "eve", 9)))).toBe("42501");
          expect(await whoIsIt(testDb)).toEqual(nobody());
          // a failure of which the function takes no notice: whatever the driver makes of that, all is undone
          await testDb
            .as(ada, async (db) => {
              await add(db, "ada", 4);
              await codeFrom(db.execute(sql`select 1 / 0`));
            })
            .catch(() => {});
          expect(await seen(testDb.db)).toEqual([...ALL, "ada 2"]);
        }));

      it("gives back what was set before: by the test, and by the call around", () =>
        inside(async () => {
          await subject.query(testDb.client, "select set_config('app.tenant_id', '2', true)");
          await testDb.as({ role: MEMBER, claims: { sub: "bob" }, settings: { "app.tenant_id": 1 } }, async (db) => {
            expect(await testDb.as({ role: APP }, seen)).toEqual(["ada 1", "bob 1"]);
            expect(
              await testDb.as(ada, async (inner) => [await seen(inner), await testDb.as(tenant(2), seen)]),
            ).toEqual([["ada 1"], ["bob 2"]]);
            expect(await seen(db)).toEqual(["bob 1", "bob 2"]);
          });
          expect(await testDb.as({ role: APP }, seen)).toEqual(["bob 2"]);
          await subject.query(testDb.client, "select set_config('app.tenant_id', '', true)");
        }));

      it("has calls follow one another that are made side by side, also within another", () =>
        inside(async () => {
          const both = (): Promise<unknown> =>
            Promise.all([
              testDb.as(ada, async (db) => [await seen(db), await seen(db)]),
              testDb.as(bob, seen),
              codeFrom(testDb.as(ada, (db) => add(db, "bob", 3))),
              testDb.as(tenant(2), seen),
            ]);
          const expected = [[["ada 1"], ["ada 1"]], ["bob 1", "bob 2"], "42501", ["bob 2"]];
          expect(await both()).toEqual(expected);
          expect(await testDb.as(ada, both)).toEqual(expected);
        }));

      it("waits for a long query that runs beside it: no connection is missing", () =>
        inside(async () => {
          const slow = Promise.resolve(testDb.db.execute(sql`select pg_sleep(4.5)`));
          expect(await testDb.as(ada, seen)).toEqual(["ada 1"]);
          await slow;
        }));
    });

    it.each<[what: string, identity: Identity, code: string, message: RegExp]>([
      [
        "a role that is not there",
        { role: "it_no_such" },
        "ROLE_MISSING",
        /as\(\) can't take the role "it_no_such".*does not exist.*neither prepare nor a migration.*next: +prepare: /s,
      ],
      ["the role none", { role: "none" }, "ROLE_MISSING", /the connection's own role is meant/],
      [
        "claims without a role",
        { claims: { sub: "ada" } },
        "ROLE_MISSING",
        /given no role, and policies .* do not apply to the connection's own/,
      ],
      ["nothing", {}, "ROLE_MISSING", /given no role/],
      ["a setting without a dot", { role: APP, settings: { tenant: 1 } }, "OPTION_INVALID", /tenant.*app\.tenant_id/s],
      [
        "a value that a setting can't have",
        { role: APP, settings: { statement_timeout: "soon" } },
        "OPTION_INVALID",
        /The setting statement_timeout .*"soon"/s,
      ],
      ["a part that is misspelt", { rol: APP } as Identity, "OPTION_INVALID", /takes no "rol".*did you mean "role"/s],
      ["a role that is no name", { role: "" }, "OPTION_INVALID", /role of as\(\) must be/],
      ["claims that are a text", { claims: "ada" } as never, "OPTION_INVALID", /claims of as\(\) must be an object/],
      ["a setting that is null", { settings: { "app.a": null } } as never, "OPTION_INVALID", /must be a string/],
    ])(
      "refuses %s, and leaves the connection as it was, also inside of begin()",
      async (_, identity, code, message) => {
        let runs = 0;
        const refused = (): Promise<unknown> =>
          Promise.resolve()
            .then(() => testDb.as(identity, async () => ++runs))
            .catch((error: unknown) => error);
        expect(await refused()).toMatchObject({ code, message: expect.stringMatching(message) });
        const transaction = await testDb.begin();
        expect(await refused()).toMatchObject({ code, message: expect.stringMatching(message) });
        expect(await testDb.as(ada, seen)).toEqual(["ada 1"]);
        expect(await whoIsIt(testDb)).toEqual(nobody());
        await transaction.rollback();
        expect(runs).toBe(0);
      },
    );

    it("is over with its unit", async () => {
      const other = await open({ isolation });
      await other.dispose();
      await expect(other.as(ada, seen)).rejects.toMatchObject({ code: "UNIT_GONE" });
    });
  });

  it("needs no role where the unit has no policies, and names the grant where the login is no member", async () => {
    const folder = subject.migrationsFolder({ "0000_t": "CREATE TABLE t (id integer)" });
    await own.admin.script(`create role ${NAME}_login login createdb password 'x'`);
    const url = new URL(own.url);
    url.username = `${NAME}_login`;
    url.password = "x";
    const testDb = await subject.withTestDb({ migrationsFolder: folder, url: url.href });
    try {
      expect(await testDb.as({ settings: { "app.actor": "ada" } }, async () => "ran")).toBe("ran");
      await expect(testDb.as({ role: NAME }, async () => "ran")).rejects.toMatchObject({
        code: "ROLE_MISSING",
        message: expect.stringMatching(
          new RegExp(`${NAME}_login" is not a member of it\\n.*grant "${NAME}" to "${NAME}_login"`),
        ),
      });
    } finally {
      await testDb.dispose();
    }
  });

  describe("as(), used wrongly,", () => {
    it("fails where each call within another needs a connection, and none is left", async () => {
      const testDb = await open({ client: subject.options(2, 0) });
      const deep = (depth: number): Promise<unknown> =>
        testDb.as(ada, (db) => (depth > 0 ? deep(depth - 1) : seen(db)));
      await expect(deep(2)).rejects.toMatchObject({ code: "ROLLBACK_FAILED" });
      expect(await testDb.as(ada, seen)).toEqual(["ada 1"]);
      await testDb.dispose();
    });

    it("does not pass for a commit where a query had failed and nobody minded", async () => {
      const testDb = await open();
      const quiet = testDb.as({ role: APP, settings: { "app.tenant_id": 1 } }, async (db) => {
        await add(db, "eve", 1);
        await Promise.resolve(db.execute(sql`select 1 / 0`)).catch(() => {});
      });
      await expect(quiet).rejects.toThrow();
      expect(await seen(testDb.db)).toEqual(ALL);
      await testDb.dispose();
    });

    it("says what it takes", async () => {
      const testDb = await open();
      await expect((async () => testDb.as(ada, undefined as never))()).rejects.toMatchObject({
        code: "OPTION_INVALID",
      });
      await expect((async () => testDb.as({ claims: { n: 10n } }, seen))()).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining("claims of as() must be what JSON can hold"),
      });
      await testDb.dispose();
    });
  });
}
