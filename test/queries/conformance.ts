/** What captures and the checks on queries owe their users, whichever driver sends and whichever line of Drizzle is above it. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CapturedQuery, captureQueries as CaptureQueries } from "../../src/queries/capture.ts";
import type { repeatsNoQuery as RepeatsNoQuery } from "../../src/queries/repeats-no-query.ts";
import type { runsAtMost as RunsAtMost } from "../../src/queries/runs-at-most.ts";
import type { TestDbHandle } from "../../src/test-db.ts";
import type { AnyDb, Subject } from "../drivers/conformance.ts";
import { MIGRATIONS, makeTables } from "../drivers/tables.ts";

/** The library's functions, as they are, or as they were built. */
export interface Queries {
  readonly captureQueries: typeof CaptureQueries;
  readonly runsAtMost: typeof RunsAtMost;
  readonly repeatsNoQuery: typeof RepeatsNoQuery;
}

const file = fileURLToPath(import.meta.url);
const lines = readFileSync(file, "utf8").split("\n");
/** The line of this file that ends in a comment, as a source names it. */
const lineWith = (comment: string): string =>
  `${relative(process.cwd(), file)}:${lines.findIndex((line) => line.endsWith(`// ${comment}`)) + 1}`;
const linesOf = (queries: readonly CapturedQuery[]): (string | undefined)[] =>
  queries.map(({ source }) => source?.replace(/:\d+$/, ""));
const textsOf = (queries: readonly CapturedQuery[]): string[] => queries.map(({ text }) => text);

export function queriesConformance<Client>(
  subject: Subject<Client>,
  { captureQueries, runsAtMost, repeatsNoQuery }: Queries,
): void {
  const { eq, inArray, sql } = subject.orm;
  const tables = makeTables(subject.core);
  const { owners, cats } = tables;
  const migrationsFolder = subject.migrationsFolder(MIGRATIONS);
  const open = (client: object = {}): Promise<TestDbHandle<AnyDb, Client>> =>
    subject.withTestDb({ migrationsFolder, client, ...subject.typedBy(tables) });
  let testDb: TestDbHandle<AnyDb, Client>;
  beforeAll(async () => {
    testDb = await open();
    await testDb.db.insert(owners).values([{ name: "Bob" }, { name: "Eve" }]);
  });
  afterAll(() => testDb?.dispose());

  const findOwner = (id: number) => testDb.db.select({ name: owners.name }).from(owners).where(eq(owners.id, id));
  const OWNER = 'select "name" from "owners" where "owners"."id" = $1';

  describe("captureQueries()", () => {
    it("tells of each query with its text, its parameters, and the line that asked", async () => {
      const { db } = testDb;
      const query = db.query as unknown as { cats: { findMany(by: object): PromiseLike<unknown> } };
      const prepared = findOwner(sql.placeholder("id") as never).prepare("owner_by_id");
      const { result, queries } = await captureQueries(async () => {
        await findOwner(1); // a select
        await prepared.execute({ id: 2 }); // a prepared query
        await query.cats.findMany({ columns: { name: true } }); // a relational query
        await db.$count(owners); // a count
        await db.execute(sql`select ${3}::int as three`); // a text
        await db.transaction(async (tx) => {
          await tx.update(owners).set({ mood: "calm" }).where(eq(owners.id, 3)); // in a transaction
          await tx.transaction(async (deep) => {
            await deep.delete(cats); // in a nested one
          });
        });
        return "done";
      });
      expect(result).toBe("done");
      const [, , cat, count] = textsOf(queries);
      expect(textsOf(queries)).toEqual([
        ...[OWNER, OWNER, cat, count, "select $1::int as three"],
        ...['update "owners" set "mood" = $1 where "owners"."id" = $2', 'delete from "cats"'],
      ]);
      expect([cat, count]).toEqual([expect.stringContaining('"cats"'), expect.stringContaining("count(*)")]);
      expect(queries.map(({ parameters }) => parameters)).toEqual([[1], [2], [], [], [3], ["calm", 3], []]);
      expect(linesOf(queries)).toEqual(
        [
          ...["a select", "a prepared query", "a relational query", "a count", "a text"],
          ...["in a transaction", "in a nested one"],
        ].map(lineWith),
      );
      expect(queries.map(({ at }) => at)).toEqual(queries.map(({ at }) => at).sort((a, b) => a - b));
    });

    it("names the line in a function that was called, also after it has waited, and in Promise.all()", async () => {
      const count = async (): Promise<number> => {
        await new Promise((resolve) => setImmediate(resolve));
        return await testDb.db.$count(cats); // after waiting
      };
      const both = async (): Promise<unknown> => Promise.all([findOwner(1), count()]); // at once
      const { queries } = await captureQueries(async () => {
        await both();
      });
      expect(linesOf(queries)).toEqual([lineWith("at once"), lineWith("after waiting")]);
    });

    it("names the line of its own call where nothing else is known", async () => {
      const { queries } = await captureQueries(() => findOwner(1)); // the call
      expect(linesOf(queries)).toEqual([lineWith("the call")]);
    });

    it("sees every client: that under db, further ones, and the application's own, which asks for its types unseen", async () => {
      const own = subject.connect(testDb.url);
      await using other = await testDb.connect();
      const { queries } = await captureQueries(async () => {
        await subject.query(testDb.client, "select 1 as client");
        await other.db.execute(sql`select 2 as other`);
        await subject.query(other.client, "select 3 as other_client");
        await subject.query(own.client, "select 4 as own");
      });
      await own.end();
      expect(textsOf(queries)).toEqual([
        ...["select 1 as client", "select 2 as other", "select 3 as other_client", "select 4 as own"],
      ]);
    });

    it("counts nothing that this library asks, and nothing that begins or ends a transaction", async () => {
      const unit = await open();
      const { queries } = await captureQueries(async () => {
        await unit.reset();
        const transaction = await unit.begin();
        await unit.db.transaction((tx) => tx.execute(sql`select 1 as inside`));
        await transaction.rollback();
        await unit.rollback((tx) => tx.execute(sql`select 2 as rolled_back`));
        await (await unit.connect())[Symbol.asyncDispose]();
        await unit.dispose();
        await (await open()).dispose();
        await subject.query(testDb.client, "-- nothing\n;");
      });
      expect(textsOf(queries)).toEqual(["select 1 as inside", "select 2 as rolled_back"]);
    });

    it("keeps apart what runs side by side, on one connection", async () => {
      const unit = await open(subject.options(1, 0));
      const ask = async (name: string): Promise<(readonly string[])[]> => {
        const { queries } = await captureQueries(() =>
          Promise.all([1, 2, 3].map((n) => unit.db.execute(sql.raw(`select ${n} as ${name}`)))),
        );
        return [textsOf(queries)];
      };
      const texts = (name: string): string[] => [1, 2, 3].map((n) => `select ${n} as ${name}`);
      const quiet = unit.db.execute(sql`select 4`).then(() => {});
      expect(await Promise.all([ask("a"), ask("b"), quiet])).toEqual([[texts("a")], [texts("b")], undefined]);
      await unit.dispose();
    });

    it("counts for all that are around a query, until the work has ended", async () => {
      let late: Promise<unknown> | undefined;
      let go: () => void = () => {};
      const wait = new Promise<void>((resolve) => {
        go = resolve;
      });
      const outer = await captureQueries(async () => {
        await findOwner(1);
        const inner = await captureQueries(async () => {
          late = wait.then(() => findOwner(2));
          await findOwner(3);
        });
        return inner.queries.map(({ parameters }) => parameters);
      });
      go();
      await late;
      expect(outer.result).toEqual([[3]]);
      expect(outer.queries.map(({ parameters }) => parameters)).toEqual([[1], [3]]);
    });

    it("throws what the work throws, with its query counted by nobody", async () => {
      const refused = captureQueries(async () => {
        await findOwner(1);
        throw new Error("refused");
      });
      await expect(refused).rejects.toThrow("refused");
      expect((await captureQueries(() => {})).queries).toEqual([]);
    });
  });

  describe("runsAtMost()", () => {
    const ask = async (): Promise<void> => {
      await findOwner(1); // first
      await findOwner(2); // second
      await testDb.db.select({ id: cats.id }).from(cats); // third
    };

    it("is so up to that number, and not above", async () => {
      expect(await runsAtMost(ask, 3)).toMatchObject({ pass: true, actual: 3, expected: 3 });
      expect(await runsAtMost(ask, 2)).toMatchObject({ pass: false, actual: 3, expected: 2 });
      expect(await runsAtMost(() => {}, 0)).toMatchObject({ pass: true, actual: 0 });
    });

    it("lists the queries by their shape, with the lines that asked", async () => {
      const listed = [
        ...["", `  2 × ${OWNER}`, `      ${lineWith("first")}:`, `      ${lineWith("second")}:`],
        ...["", '  1 × select "id" from "cats"', `      ${lineWith("third")}:`],
      ];
      const withoutColumns = (message: string): string[] => message.replace(/(\.ts:\d+:)\d+$/gm, "$1").split("\n");
      const tooMany = await runsAtMost(ask, 2);
      expect(withoutColumns(tooMany.message())).toEqual(["3 queries ran, and at most 2 were expected:", ...listed]);
      const tooFew = await runsAtMost(ask, 3);
      expect(withoutColumns(tooFew.message())).toEqual(["3 queries ran, and more than 3 were expected:", ...listed]);
    });

    it("takes no call that was made already, and no odd number", async () => {
      await expect(runsAtMost(ask() as never, 3)).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining("await expect(() => service.listTeams()).toRunAtMost(…)"),
      });
      await expect(runsAtMost(ask, -1)).rejects.toMatchObject({ code: "OPTION_INVALID" });
      await expect(runsAtMost(ask, Number.NaN)).rejects.toMatchObject({ code: "OPTION_INVALID" });
    });
  });

  describe("repeatsNoQuery()", () => {
    const oneByOne = async (): Promise<void> => {
      for (const { id } of await testDb.db.select({ id: owners.id }).from(owners).orderBy(owners.id)) {
        await findOwner(id); // one by one
      }
    };

    it("finds a query for each row of another, with its parameters and the line that asks", async () => {
      const { pass, message } = await repeatsNoQuery(oneByOne);
      expect(pass).toBe(false);
      expect(message().replace(/(\.ts:\d+):\d+$/gm, "$1")).toBe(`1 query ran more than once:

  3 × ${OWNER}
      ${lineWith("one by one")}
      with 3 different sets of parameters
        $1 = 1
        $1 = 2
        $1 = 3`);
    });

    it("takes queries for the same that differ in literals, in the length of a list, and in the number of rows", async () => {
      const { db } = testDb;
      const pairs: (readonly [() => PromiseLike<unknown>, () => PromiseLike<unknown>])[] = [
        [() => db.execute(sql.raw("select 'a', 1")), () => db.execute(sql.raw("SELECT  'b' , 22 -- there"))],
        ...([[[1], [2, 3, 4]]] as const).map(
          ([one, more]) =>
            [
              () =>
                db
                  .select()
                  .from(owners)
                  .where(inArray(owners.id, one as never)),
              () =>
                db
                  .select()
                  .from(owners)
                  .where(inArray(owners.id, more as never)),
            ] as const,
        ),
        [
          () => db.insert(cats).values({ name: "Tom" }),
          () => db.insert(cats).values([{ name: "Tim" }, { name: "Kit" }]),
        ],
      ];
      for (const [one, more] of pairs) {
        const { pass } = await repeatsNoQuery(async () => {
          await one();
          await more();
        });
        expect(pass).toBe(false);
      }
      await db.delete(cats);
    });

    it("counts the same values, too, and lets so many pass as it is told", async () => {
      const twice = async (): Promise<void> => {
        await findOwner(1);
        await findOwner(1);
      };
      const { pass, message } = await repeatsNoQuery(twice);
      expect(pass).toBe(false);
      expect(message()).toContain("each with\n        $1 = 1");
      const allowed = await repeatsNoQuery(twice, { times: 2 });
      expect(allowed.pass).toBe(true);
      expect(allowed.message()).toBe("No query ran more than 2 times, of 2 queries");
      expect((await repeatsNoQuery(oneByOne, { times: 2 })).pass).toBe(false);
      await expect(repeatsNoQuery(twice, { times: 0 })).rejects.toMatchObject({ code: "OPTION_INVALID" });
    });

    it("finds nothing in one query with a list", async () => {
      expect(
        await repeatsNoQuery(async () => {
          const all = await testDb.db.select({ id: owners.id }).from(owners);
          const ids = all.map(({ id }) => id);
          await testDb.db.select().from(owners).where(inArray(owners.id, ids));
        }),
      ).toMatchObject({ pass: true });
    });
  });
}
