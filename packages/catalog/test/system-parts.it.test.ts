import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "with-test-db";
import * as schema from "../src/schema/index.ts";
import { SystemService } from "../src/system-service.ts";

const migrationsFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle");

describe.skipIf(!isIntegrationEnabled())("SystemService: contacts and links (real Postgres)", () => {
  let testDb: TestDb<typeof schema>;
  let service: SystemService;

  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder });
    service = new SystemService(testDb.db);
  });

  afterAll(async () => {
    await testDb.dispose();
  });

  /** Two systems that differ in nothing but their id. */
  beforeEach(async () => {
    await testDb.db.delete(schema.systems);
    await testDb.db.insert(schema.systems).values([
      { id: "api", name: "Api" },
      { id: "web", name: "Web" },
    ]);
  });

  async function contactIds(): Promise<number[]> {
    const rows = await testDb.db.select().from(schema.contacts).orderBy(schema.contacts.id);
    return rows.map((row) => row.id);
  }

  async function linkIds(): Promise<string[]> {
    const rows = await testDb.db.select().from(schema.links);
    return rows.map((row) => row.id).sort();
  }

  describe("deleteContact", () => {
    it("deletes the system's own contact and no other", async () => {
      const gone = await service.addContact({ systemId: "api", kind: "email", value: "same@example.org" });
      const sibling = await service.addContact({ systemId: "api", kind: "email", value: "same@example.org" });
      const stranger = await service.addContact({ systemId: "web", kind: "email", value: "same@example.org" });
      expect(await service.deleteContact({ systemId: "api", contactId: gone.id })).toBe(true);
      expect(await contactIds()).toEqual([sibling.id, stranger.id]);
    });

    it("leaves another system's contact alone, whoever asks", async () => {
      const own = await service.addContact({ systemId: "api", kind: "chat", value: "#api" });
      const stranger = await service.addContact({ systemId: "web", kind: "chat", value: "#web" });
      expect(await service.deleteContact({ systemId: "api", contactId: stranger.id })).toBe(false);
      expect(await service.deleteContact({ systemId: "nobody", contactId: stranger.id })).toBe(false);
      expect(await service.deleteContact({ systemId: "", contactId: stranger.id })).toBe(false);
      expect(await contactIds()).toEqual([own.id, stranger.id]);
    });

    it("compares the system's id exactly", async () => {
      const contact = await service.addContact({ systemId: "api", kind: "pager", value: "7" });
      for (const systemId of ["API", "api ", "ap_", "%"]) {
        expect(await service.deleteContact({ systemId, contactId: contact.id })).toBe(false);
      }
      expect(await contactIds()).toEqual([contact.id]);
    });

    it("says false the second time, and for an id that never was", async () => {
      const contact = await service.addContact({ systemId: "api", kind: "chat", value: "#api" });
      expect(await service.deleteContact({ systemId: "api", contactId: contact.id })).toBe(true);
      expect(await service.deleteContact({ systemId: "api", contactId: contact.id })).toBe(false);
      expect(await service.deleteContact({ systemId: "api", contactId: -1 })).toBe(false);
    });

    it("leaves a line in the audit log, for the deleted one only", async () => {
      const own = await service.addContact({ systemId: "api", kind: "email", value: "a@example.org" });
      const stranger = await service.addContact({ systemId: "web", kind: "email", value: "w@example.org" });
      await service.deleteContact({ systemId: "api", contactId: own.id });
      await service.deleteContact({ systemId: "api", contactId: stranger.id });
      const deleted = await testDb.db
        .select()
        .from(schema.auditLog)
        .where(sql`action = 'delete' and table_name = 'contacts'`);
      expect(deleted.filter((entry) => [own.id, stranger.id].includes(Number(entry.rowId)))).toMatchObject([
        { rowId: String(own.id), before: { value: "a@example.org", system_id: "api" }, after: null },
      ]);
    });
  });

  describe("deleteLink", () => {
    it("deletes the system's own link and no other", async () => {
      const link = { kind: "docs", title: "Docs", url: "https://docs.example.org" } as const;
      const gone = await service.addLink({ systemId: "api", ...link });
      const sibling = await service.addLink({ systemId: "api", ...link });
      const stranger = await service.addLink({ systemId: "web", ...link });
      expect(await service.deleteLink({ systemId: "api", linkId: gone.id })).toBe(true);
      expect(await linkIds()).toEqual([sibling.id, stranger.id].sort());
    });

    it("leaves another system's link alone, whoever asks", async () => {
      const stranger = await service.addLink({
        systemId: "web",
        kind: "docs",
        title: "Docs",
        url: "http://example.org",
      });
      expect(await service.deleteLink({ systemId: "api", linkId: stranger.id })).toBe(false);
      expect(await service.deleteLink({ systemId: "nobody", linkId: stranger.id })).toBe(false);
      expect(await linkIds()).toEqual([stranger.id]);
    });

    it("says false the second time", async () => {
      const link = await service.addLink({ systemId: "api", kind: "docs", title: "Docs", url: "http://example.org" });
      expect(await service.deleteLink({ systemId: "api", linkId: link.id })).toBe(true);
      expect(await service.deleteLink({ systemId: "api", linkId: link.id })).toBe(false);
    });
  });

  describe("makePrimaryContact", () => {
    it("replaces the primary one of the same kind in the same system only", async () => {
      const old = await service.addContact({ systemId: "api", kind: "email", value: "old@example.org" });
      const next = await service.addContact({ systemId: "api", kind: "email", value: "next@example.org" });
      const chat = await service.addContact({ systemId: "api", kind: "chat", value: "#api" });
      const stranger = await service.addContact({ systemId: "web", kind: "email", value: "old@example.org" });
      for (const { systemId, id } of [old, chat, stranger, next]) {
        expect(await service.makePrimaryContact({ systemId, contactId: id })).toBe(true);
      }
      const primary = await testDb.db.select().from(schema.contacts).where(eq(schema.contacts.isPrimary, true));
      expect(primary.map((row) => row.id).sort((a, b) => a - b)).toEqual([next.id, chat.id, stranger.id]);
    });

    it("leaves another system's contacts alone", async () => {
      const own = await service.addContact({ systemId: "api", kind: "email", value: "a@example.org" });
      const stranger = await service.addContact({ systemId: "web", kind: "email", value: "w@example.org" });
      await service.makePrimaryContact({ systemId: "api", contactId: own.id });
      expect(await service.makePrimaryContact({ systemId: "api", contactId: stranger.id })).toBe(false);
      const primary = await testDb.db.select().from(schema.contacts).where(eq(schema.contacts.isPrimary, true));
      expect(primary.map((row) => row.id)).toEqual([own.id]);
    });

    it("is kept by a partial unique index too", async () => {
      const values = { systemId: "api", kind: "email", value: "a@example.org", isPrimary: true } as const;
      await testDb.db.insert(schema.contacts).values(values);
      await expect(testDb.db.insert(schema.contacts).values(values)).rejects.toMatchObject({
        cause: { constraint_name: "contacts_one_primary_per_kind" },
      });
    });
  });

  it("numbers the links of each system from zero", async () => {
    const link = { kind: "docs", title: "Docs", url: "https://example.org" } as const;
    const positions = [];
    for (const systemId of ["api", "web", "api", "api", "web"]) {
      positions.push((await service.addLink({ systemId, ...link })).position);
    }
    expect(positions).toEqual([0, 0, 1, 2, 1]);
  });

  it("refuses a link that no browser follows", async () => {
    const link = { systemId: "api", kind: "docs", title: "Docs", url: "javascript:alert(1)" } as const;
    await expect(service.addLink(link)).rejects.toMatchObject({ cause: { constraint_name: "links_url_http" } });
  });

  it("calls a system ready that has an owner, a primary contact and a link", async () => {
    const [team] = await testDb.db.insert(schema.teams).values({ slug: "platform", name: "Platform" }).returning();
    await testDb.db
      .update(schema.systems)
      .set({ ownerTeamId: team?.id ?? null })
      .where(eq(schema.systems.id, "api"));
    await service.addLink({ systemId: "api", kind: "repository", title: "Code", url: "https://example.org/api" });
    const contact = await service.addContact({ systemId: "api", kind: "email", value: "a@example.org" });
    expect(await service.isReady("api")).toBe(false);
    await service.makePrimaryContact({ systemId: "api", contactId: contact.id });
    expect(await service.isReady("api")).toBe(true);
    expect(await service.isReady("web")).toBe(false);
    await testDb.db.delete(schema.teams);
    expect(await service.isReady("api")).toBe(false);
  });

  it("gathers the details of one system in their order", async () => {
    const first = await service.addContact({ systemId: "api", kind: "email", value: "first@example.org" });
    const second = await service.addContact({ systemId: "api", kind: "email", value: "second@example.org" });
    await service.addContact({ systemId: "web", kind: "email", value: "web@example.org" });
    await service.makePrimaryContact({ systemId: "api", contactId: second.id });
    await testDb.db.insert(schema.runbooks).values({ systemId: "api", title: "Restart" });
    const details = await service.getDetails("api");
    expect(details?.contacts.map((contact) => contact.id)).toEqual([second.id, first.id]);
    expect(details).toMatchObject({ owner: null, aliases: [], links: [], tags: [] });
    expect(await service.getDetails("nobody")).toBeUndefined();
  });

  it("gives runbooks the numbers people say", async () => {
    const runbooks = await testDb.db
      .insert(schema.runbooks)
      .values([
        { systemId: "api", title: "Fail over" },
        { systemId: "web", title: "Fail over" },
      ])
      .returning();
    expect(runbooks.map((runbook) => runbook.code)).toEqual(runbooks.map((runbook) => `RB-${runbook.number}`));
    expect(runbooks[0]?.number).toBeGreaterThanOrEqual(100);
  });

  it("takes contacts, links and runbooks away with their system, and nothing of another's", async () => {
    for (const systemId of ["api", "web"]) {
      await service.addContact({ systemId, kind: "email", value: "same@example.org" });
      await service.addLink({ systemId, kind: "docs", title: "Docs", url: "https://example.org" });
      await testDb.db.insert(schema.runbooks).values({ systemId, title: "Restart" });
    }
    await testDb.db.delete(schema.systems).where(eq(schema.systems.id, "api"));
    for (const table of [schema.contacts, schema.links, schema.runbooks]) {
      const rows = await testDb.db.select({ systemId: table.systemId }).from(table);
      expect(rows).toEqual([{ systemId: "web" }]);
    }
  });
});
