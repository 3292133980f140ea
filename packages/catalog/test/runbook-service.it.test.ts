/** One service from end to end: create, read, update, delete, search, pages, transactions, versions, constraints. */
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { captureQueries, changes, countsOf } from "with-test-db/assertions";
import { race } from "with-test-db/seams";
import { useTestDb } from "with-test-db/vitest";
import { RunbookService } from "../src/runbook-service.ts";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

const testDb = await useTestDb({ schema, migrationsFolder, between: "truncate" });

describe.skipIf(!isIntegrationEnabled())("RunbookService (real Postgres)", () => {
  const { db } = testDb;
  const service = new RunbookService(db);

  describe("write and getByCode", () => {
    it("gives the number that people say, and finds it by that", async () => {
      const { id } = await make.systems.create(db);
      const runbook = await service.write(id, { title: "Restart" });
      expect(runbook).toMatchObject({ code: `RB-${runbook.number}`, systemId: id, body: "", version: 1 });
      expect(runbook.number).toBeGreaterThanOrEqual(100);
      expect(await service.getByCode(runbook.code ?? "")).toEqual(runbook);
      expect(await service.getByCode("RB-0")).toBeUndefined();
    });

    it("takes a title once per system, in any case", async () => {
      const { systemId } = await make.runbooks.create(db, { title: "Restart" });
      await expect(service.write(systemId, { title: "RESTART" })).toViolateUnique("runbooks_system_id_title_lower_key");
      await make.runbooks.create(db, { title: "Restart" });
    });

    it("refuses a system that isn't there", async () => {
      await expect(service.write("nobody", { title: "Restart" })).toViolateForeignKey(
        "runbooks_system_id_systems_id_fk",
      );
    });

    it("looks it up by an index", async () => {
      await expect(() => service.getByCode("RB-100")).toBeServedByAnIndex(db);
    });
  });

  describe("list", () => {
    it("gives the system's own, a page at a time, each once", async () => {
      const { id, runbooks } = await make.systems.having({ runbooks: [make.runbooks, 5] }).create(db);
      await make.runbooks.create(db);
      const pages = [];
      let after: number | undefined = 0;
      while (after !== undefined) {
        const page = await service.list(id, { after, limit: 2 });
        pages.push(page.runbooks.map(({ number }) => number));
        after = page.next;
      }
      const [a, b, c, d, e] = runbooks.map(({ number }) => number).sort((one, other) => one - other);
      expect(pages).toEqual([[a, b], [c, d], [e]]);
    });

    it("has no page after one that is just full, and none of a system without any", async () => {
      const { id } = await make.systems.having({ runbooks: [make.runbooks, 2] }).create(db);
      expect(await service.list(id, { limit: 2 })).toMatchObject({ runbooks: [{}, {}], next: undefined });
      expect(await service.list("nobody")).toEqual({ runbooks: [], next: undefined });
    });

    it("finds what is in a title or a body, in any case, and takes % for itself", async () => {
      const { id } = await make.systems.create(db);
      const title = await make.runbooks.create(db, { systemId: id, title: "Disk 90% full" });
      const body = await make.runbooks.create(db, { systemId: id, body: "Watch the disk" });
      await make.runbooks.create(db, { systemId: id, title: "900 requests" });
      await make.runbooks.create(db, { title: "Disk 90% full" });
      const numbers = async (containing: string) =>
        (await service.list(id, { containing })).runbooks.map(({ number }) => number);
      expect(await numbers("DISK")).toEqual([title.number, body.number]);
      expect(await numbers("90%")).toEqual([title.number]);
      expect(await numbers("")).toHaveLength(3);
    });

    it("asks once for a page, however many are on it, and is served by an index", async () => {
      const { id } = await make.systems.having({ runbooks: [make.runbooks, 3] }).create(db);
      const { result, queries } = await captureQueries(() => service.list(id, { containing: "title" }));
      expect(result.runbooks).toHaveLength(3);
      expect(queries).toHaveLength(1);
      await expect(() => service.list(id, { containing: "title" })).toBeServedByAnIndex(db);
    });
  });

  describe("revise", () => {
    it("changes the body of that version, counts it, and takes the review back", async () => {
      const reviewer = await make.people.create(db);
      const { number, code } = await make.runbooks.create(db, {
        body: "Off",
        reviewedBy: reviewer.id,
        reviewedAt: new Date("2025-01-01T00:00Z"),
      });
      const written = await changes(db, () => service.revise({ number, version: 1, body: "Off and on" }));
      expect(written).toEqual({
        runbooks: {
          updated: [
            {
              key: { number: String(number) },
              before: { body: "Off", version: 1, reviewed_by: reviewer.id, reviewed_at: new Date("2025-01-01T00:00Z") },
              after: { body: "Off and on", version: 2, reviewed_by: null, reviewed_at: null },
            },
          ],
        },
      });
      expect(await service.getByCode(code ?? "")).toMatchObject({ body: "Off and on", version: 2 });
    });

    it("writes nothing over a version that was not read, or where there is none", async () => {
      const { number } = await make.runbooks.create(db, { version: 2 });
      const written = await changes(db, async () => {
        expect(await service.revise({ number, version: 1, body: "Late" })).toBeUndefined();
        expect(await service.revise({ number: number + 1, version: 2, body: "Nobody's" })).toBeUndefined();
      });
      expect(written).toEqual({});
    });

    it("lets one of several win that read the same version", async () => {
      const { number, code } = await make.runbooks.create(db);
      const { values, errors } = await race(testDb, 5, (db, index) =>
        new RunbookService(db).revise({ number, version: 1, body: `By ${index}` }),
      );
      expect(errors).toEqual([]);
      const winners = values.filter((runbook) => runbook !== undefined);
      expect(winners).toEqual([await service.getByCode(code ?? "")]);
      expect(winners[0]?.version).toBe(2);
    });
  });

  describe("delete", () => {
    it("deletes the system's own, once", async () => {
      const { systemId, number } = await make.runbooks.create(db);
      await make.runbooks.create(db, { systemId });
      const written = await changes(db, async () => {
        expect(await service.delete({ systemId: "nobody", number })).toBe(false);
        expect(await service.delete({ systemId, number })).toBe(true);
        expect(await service.delete({ systemId, number })).toBe(false);
      });
      expect(countsOf(written)).toEqual({ runbooks: { deleted: 1 } });
    });

    it("gives a number of the past to no other", async () => {
      const { systemId, number } = await make.runbooks.create(db);
      await service.delete({ systemId, number });
      expect((await service.write(systemId, { title: "Next" })).number).toBeGreaterThan(number);
    });
  });

  describe("replaceAll", () => {
    it("puts the new ones in place of the old ones, and leaves another system's", async () => {
      const { systemId } = await make.runbooks.create(db, { title: "Old" });
      await make.runbooks.create(db);
      const written = await changes(db, () => service.replaceAll(systemId, [{ title: "Old" }, { title: "New" }]));
      expect(countsOf(written)).toEqual({ runbooks: { inserted: 2, deleted: 1 } });
      expect(await service.replaceAll(systemId, [])).toEqual([]);
      expect(await db.$count(schema.runbooks)).toBe(1);
    });

    it("leaves the old ones where one of the new ones is refused", async () => {
      const { systemId } = await make.runbooks.create(db);
      const twice = [{ title: "Restart" }, { title: "restart" }];
      const written = await changes(db, () =>
        expect(service.replaceAll(systemId, twice)).toViolateUnique("runbooks_system_id_title_lower_key"),
      );
      expect(written).toEqual({});
    });

    it("asks twice, however many there are", async () => {
      const { id } = await make.systems.create(db);
      const many = Array.from({ length: 20 }, (_, index) => ({ title: `Step ${index}` }));
      await expect(() => service.replaceAll(id, many)).toRunAtMost(2);
    });
  });
});
