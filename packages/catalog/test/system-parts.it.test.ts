import { and, asc, eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { changes, countsOf } from "with-test-db/assertions";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../src/schema/index.ts";
import { SystemService } from "../src/system-service.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

const testDb = await useTestDb({ schema, migrationsFolder, between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("SystemService: contacts and links (real Postgres)", () => {
  const { db } = testDb;
  const service = new SystemService(db);

  beforeAll(async () => {
    for (const id of ["api", "web"]) await make.systems.create(db, { id });
  });

  describe("deleteContact", () => {
    it("deletes the system's own contact and no other", async () => {
      const contacts = make.contacts.extend({ kind: "email", value: "same@example.org" });
      const gone = await contacts.create(db, { systemId: "api" });
      await contacts.create(db, { systemId: "api" });
      await contacts.create(db, { systemId: "web" });
      const written = await changes(db, async () => {
        expect(await service.deleteContact({ systemId: "api", contactId: gone.id })).toBe(true);
      });
      expect(countsOf(written)).toEqual({ contacts: { deleted: 1 }, audit_log: { inserted: 1 } });
      expect(written["contacts"]?.deleted).toMatchObject([{ id: String(gone.id) }]);
    });

    it("leaves another system's contact alone, whoever asks", async () => {
      await make.contacts.create(db, { systemId: "api" });
      const stranger = await make.contacts.create(db, { systemId: "web" });
      const written = await changes(db, async () => {
        for (const systemId of ["api", "nobody", ""]) {
          expect(await service.deleteContact({ systemId, contactId: stranger.id })).toBe(false);
        }
      });
      expect(written).toEqual({});
    });

    it("compares the system's id exactly", async () => {
      const contact = await make.contacts.create(db, { systemId: "api" });
      const written = await changes(db, async () => {
        for (const systemId of ["API", "api ", "ap_", "%"]) {
          expect(await service.deleteContact({ systemId, contactId: contact.id })).toBe(false);
        }
      });
      expect(written).toEqual({});
    });

    it("says false the second time, and for an id that never was", async () => {
      const contact = await make.contacts.create(db, { systemId: "api" });
      expect(await service.deleteContact({ systemId: "api", contactId: contact.id })).toBe(true);
      expect(await service.deleteContact({ systemId: "api", contactId: contact.id })).toBe(false);
      expect(await service.deleteContact({ systemId: "api", contactId: -1 })).toBe(false);
    });

    it("leaves a line in the audit log, for the deleted one only", async () => {
      const own = await make.contacts.create(db, { systemId: "api", value: "a@example.org" });
      const stranger = await make.contacts.create(db, { systemId: "web" });
      await service.deleteContact({ systemId: "api", contactId: own.id });
      await service.deleteContact({ systemId: "api", contactId: stranger.id });
      const { action, tableName } = schema.auditLog;
      const deleted = and(eq(action, "delete"), eq(tableName, "contacts"));
      expect(await db.select().from(schema.auditLog).where(deleted)).toMatchObject([
        { rowId: String(own.id), before: { value: "a@example.org", system_id: "api" }, after: null },
      ]);
    });
  });

  describe("deleteLink", () => {
    it("deletes the system's own link and no other", async () => {
      const gone = await make.links.create(db, { systemId: "api" });
      await make.links.create(db, { systemId: "api", title: gone.title, url: gone.url });
      await make.links.create(db, { systemId: "web", title: gone.title, url: gone.url });
      const written = await changes(db, async () => {
        expect(await service.deleteLink({ systemId: "api", linkId: gone.id })).toBe(true);
      });
      expect(written["links"]).toEqual({ deleted: [expect.objectContaining({ id: gone.id })] });
    });

    it("leaves another system's link alone, whoever asks", async () => {
      const { id: linkId } = await make.links.create(db, { systemId: "web" });
      const written = await changes(db, async () => {
        expect(await service.deleteLink({ systemId: "api", linkId })).toBe(false);
        expect(await service.deleteLink({ systemId: "nobody", linkId })).toBe(false);
      });
      expect(written).toEqual({});
    });

    it("says false the second time", async () => {
      const { id: linkId } = await make.links.create(db, { systemId: "api" });
      expect(await service.deleteLink({ systemId: "api", linkId })).toBe(true);
      expect(await service.deleteLink({ systemId: "api", linkId })).toBe(false);
    });
  });

  describe("makePrimaryContact", () => {
    const primary = () =>
      db
        .select({ id: schema.contacts.id })
        .from(schema.contacts)
        .where(eq(schema.contacts.isPrimary, true))
        .orderBy(asc(schema.contacts.id));

    it("replaces the primary one of the same kind in the same system only", async () => {
      const old = await make.contacts.create(db, { systemId: "api", kind: "email" });
      const next = await make.contacts.create(db, { systemId: "api", kind: "email" });
      const chat = await make.contacts.create(db, { systemId: "api", kind: "chat" });
      const stranger = await make.contacts.create(db, { systemId: "web", kind: "email" });
      for (const { systemId, id } of [old, chat, stranger, next]) {
        expect(await service.makePrimaryContact({ systemId, contactId: id })).toBe(true);
      }
      expect(await primary()).toEqual([{ id: next.id }, { id: chat.id }, { id: stranger.id }]);
    });

    it("leaves another system's contacts alone", async () => {
      const own = await make.contacts.create(db, { systemId: "api", kind: "email" });
      const stranger = await make.contacts.create(db, { systemId: "web", kind: "email" });
      await service.makePrimaryContact({ systemId: "api", contactId: own.id });
      expect(await service.makePrimaryContact({ systemId: "api", contactId: stranger.id })).toBe(false);
      expect(await primary()).toEqual([{ id: own.id }]);
    });

    it("is kept by a partial unique index too", async () => {
      const { systemId, kind } = await make.contacts.with("primary").create(db);
      const { contacts } = schema;
      await expect(make.contacts.with("primary").create(db, { systemId, kind })).toViolateUnique([
        contacts.systemId,
        contacts.kind,
      ]);
      await make.contacts.create(db, { systemId, kind });
    });

    it("asks three times, and finds the contact by an index", async () => {
      const { systemId, id: contactId } = await make.contacts.create(db);
      await expect(() => service.makePrimaryContact({ systemId, contactId })).toRunAtMost(3);
      await expect(() => service.makePrimaryContact({ systemId, contactId })).toBeServedByAnIndex(db);
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
    await expect(service.addLink(link)).toViolateCheck("links_url_http");
  });

  it("calls a system ready that has an owner, a primary contact and a link", async () => {
    const { id } = await make.systems.create(db, { ownerTeamId: make.teams });
    await make.links.create(db, { systemId: id });
    const contact = await make.contacts.create(db, { systemId: id });
    expect(await service.isReady(id)).toBe(false);
    await service.makePrimaryContact({ systemId: id, contactId: contact.id });
    expect(await service.isReady(id)).toBe(true);
    expect(await service.isReady("web")).toBe(false);
    await db.delete(schema.teams);
    expect(await service.isReady(id)).toBe(false);
  });

  async function wholeSystem() {
    const { id: owner } = await make.teams.create(db);
    const { id: systemId } = await make.systems
      .having({ runbooks: [make.runbooks, 1] })
      .create(db, { ownerTeamId: owner });
    const contacts = await make.contacts.createMany(db, 2, { systemId });
    contacts.push(await make.contacts.with("primary").create(db, { systemId }));
    for (const [title, position] of [
      ["Charts", 2],
      ["Docs", 1],
      ["Code", 1],
    ] as const)
      await make.links.create(db, { systemId, title, position });
    const { id: alias } = await make.aliases.create(db, { systemId });
    const { tagId: tag } = await make.systemTags.create(db, { systemId });
    return { id: systemId, owner, contacts: contacts.map(({ id }) => id), alias, tag };
  }

  it("gathers the details of one system in their order, in one query, by indexes", async () => {
    // of a neighbour, first, what the system has as well
    const [, whole] = await Promise.all([0, 1].map(wholeSystem));
    if (whole === undefined) throw new Error("there are two");
    const { id, owner, contacts, alias, tag } = whole;
    const details = await service.getDetails(id);
    expect(details?.contacts.map((contact) => contact.id)).toEqual([contacts[2], contacts[0], contacts[1]]);
    expect(details?.links.map(({ title }) => title)).toEqual(["Code", "Docs", "Charts"]);
    expect(details).toMatchObject({ owner: { id: owner }, aliases: [{ id: alias }], tags: [{ tag: { id: tag } }] });
    expect(await service.getDetails("web")).toMatchObject({
      owner: null,
      aliases: [],
      contacts: [],
      links: [],
      tags: [],
    });
    expect(await service.getDetails("nobody")).toBeUndefined();
    await expect(() => service.getDetails(id)).toRunAtMost(1);
    await expect(() => service.getDetails(id)).toBeServedByAnIndex(db);
  });

  it("takes contacts, links and runbooks away with their system, and nothing of another's", async () => {
    const whole = make.systems.having({
      contacts: [make.contacts, 1],
      links: [make.links, 1],
      runbooks: [make.runbooks, 1],
    });
    const { id } = await whole.create(db);
    await whole.create(db);
    const written = await changes(db, () => db.delete(schema.systems).where(eq(schema.systems.id, id)));
    expect(countsOf(written)).toEqual({
      systems: { deleted: 1 },
      contacts: { deleted: 1 },
      links: { deleted: 1 },
      runbooks: { deleted: 1 },
      audit_log: { inserted: 3 },
    });
  });
});
