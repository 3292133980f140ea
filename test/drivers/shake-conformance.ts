/** What TEST_DB_SHAKE owes its users under every driver and line of Drizzle, for units of either kind. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TestDbHandle } from "../../src/test-db.ts";
import type { AnyDb, Rows, Subject } from "./conformance.ts";
import { AWKWARD, CONTENT } from "./truncate-conformance.ts";

const MORE = `
  CREATE TABLE "plain" ("id" serial PRIMARY KEY, "name" text);--> statement-breakpoint
  CREATE TABLE "keyed" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "n" integer);--> statement-breakpoint
  INSERT INTO "plain" ("name") SELECT 'row ' || n FROM generate_series(1, 40) n;`;

export function shakeConformance<Client>(subject: Subject<Client>): void {
  const { pgTable, integer } = subject.core;
  const migrationsFolder = subject.migrationsFolder({ ...AWKWARD, "0001_more": MORE });

  describe.each(["schema", "database"] as const)("TEST_DB_SHAKE, with a %s", (isolation) => {
    const said: string[] = [];
    const open = (seed: string): Promise<TestDbHandle<AnyDb, Client>> => {
      vi.stubEnv("TEST_DB_SHAKE", seed);
      return subject.withTestDb({ migrationsFolder, isolation });
    };
    const ask = ({ client }: TestDbHandle<AnyDb, Client>, text: string): Promise<Rows> => subject.query(client, text);
    const order = async (testDb: TestDbHandle<AnyDb, Client>): Promise<unknown[]> =>
      (await ask(testDb, "select id from plain order by ctid")).map(({ id }) => id);
    const content = async (testDb: TestDbHandle<AnyDb, Client>): Promise<unknown> => [
      await ask(testDb, CONTENT),
      await ask(testDb, "select last_value::text, is_called from plain_id_seq"),
      await order(testDb),
    ];
    const nextIds = (testDb: TestDbHandle<AnyDb, Client>): Promise<Rows> =>
      ask(
        testDb,
        `select nextval('plain_id_seq')::int as plain, nextval('orders_id_seq')::int as orders, nextval('countries_id_seq')::int as countries,
                nextval('tickets')::int as tickets, nextval('cached')::int as cached`,
      );
    beforeEach(() => {
      said.length = 0;
      vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    });
    afterEach(() => {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    });

    it("has rows in another order and sequences ahead, the same for the same seed, and nothing of it afterwards", async () => {
      const plain = await open("");
      const before = await content(plain);
      const [ids] = await nextIds(plain);
      const sorted = await ask(plain, "select c::text from countries c order by id");
      await plain.dispose();

      const seen: unknown[] = [];
      for (const seed of ["abc", "abc", "7"]) {
        const shaken = await open(seed);
        expect(await order(shaken)).not.toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
        expect((await order(shaken)).toSorted((a, b) => Number(a) - Number(b))).toEqual(
          Array.from({ length: 40 }, (_, n) => n + 1),
        );
        expect(await ask(shaken, "select c::text from countries c order by id")).toEqual(sorted);
        expect(await ask(shaken, "select code from countries order by ctid")).not.toEqual(
          ["CHE", "DEU", "FRA"].map((code) => ({ code })),
        );
        const [further] = await nextIds(shaken);
        for (const [name, id] of Object.entries(further ?? {})) expect(id).toBeGreaterThan(Number(ids?.[name]));
        expect(Number(further?.["tickets"])).toBeLessThanOrEqual(100);
        seen.push([await ask(shaken, "select code from countries order by ctid"), await order(shaken), further]);
        await shaken.dispose();
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).not.toEqual(seen[0]);
      const first = (seen[0] as [unknown, unknown, Record<string, number>])[2];
      expect(Math.abs(Number(first["plain"]) - Number(first["orders"]))).toBeGreaterThan(1);

      const after = await open("off");
      expect(await content(after)).toEqual(before);
      await after.dispose();
    });

    it("shakes again after reset() and truncate(), and leaves alone what a test wrote", async () => {
      const testDb = await open("again");
      const [first, at] = [await order(testDb), await ask(testDb, CONTENT)];
      const write = "insert into orders default values returning id";
      const [id] = await ask(testDb, write);
      for (const back of ["reset", "truncate"] as const) {
        await ask(testDb, "update plain set name = 'other'");
        await testDb[back]();
        expect(await order(testDb)).toEqual(first);
        expect(await ask(testDb, CONTENT)).toEqual(at);
        expect(await ask(testDb, write)).toEqual([id]);
      }
      await ask(testDb, "update plain set name = 'other' where id = 3");
      const changed = await order(testDb);
      await testDb.truncate([pgTable("orders", { id: integer() })]);
      expect(await order(testDb)).toEqual(changed);
      expect(await ask(testDb, write)).toEqual([id]);
      await testDb.dispose();
    });

    it("has rows come in the order of an index, also by the url, and says once what repeats that", async () => {
      const testDb = await open(`it's ${subject.name} ${isolation}`);
      await ask(testDb, "insert into keyed (n) select n from generate_series(1, 20) n");
      const seqscan = "select current_setting('enable_seqscan') as scans";
      expect(await ask(testDb, seqscan)).toEqual([{ scans: "off" }]);
      const other = subject.connect(testDb.url);
      expect(await subject.query(other.client, seqscan)).toEqual([{ scans: "off" }]);
      const ids = (await ask(testDb, "select id from keyed order by n")).map(({ id }) => `'${id}'`).join(", ");
      const numbers = Array.from({ length: 20 }, (_, n) => ({ n: n + 1 }));
      expect(await ask(testDb, `select n from keyed where id in (${ids})`)).not.toEqual(numbers);
      await other.end();
      await testDb.dispose();
      await (await open(`it's ${subject.name} ${isolation}`)).dispose();
      expect(said.join("")).toContain(`repeat with TEST_DB_SHAKE='it'\\''s ${subject.name} ${isolation}'\n`);
      expect(said.filter((line) => line.includes("units are shaken"))).toHaveLength(1);
    });
  });
}
