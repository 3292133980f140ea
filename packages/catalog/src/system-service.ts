import { and, asc, eq, sql } from "drizzle-orm";
import type { CatalogDatabase } from "./database.ts";
import {
  contacts,
  deployments,
  environments,
  type lifecycle,
  links,
  systemAliases,
  systemReadiness,
  systems,
} from "./schema/index.ts";
import { systemIdFor } from "./system-id.ts";

export type System = typeof systems.$inferSelect;
export type Contact = typeof contacts.$inferSelect;
export type Link = typeof links.$inferSelect;
export type Lifecycle = (typeof lifecycle.enumValues)[number];

export interface NewSystem {
  name: string;
  description?: string;
  tier?: number;
  ownerTeamId?: number;
}

/** Systems and what hangs on them. Managers are per system, so everything that changes a part names its system too. */
export class SystemService {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  async register(system: NewSystem): Promise<System> {
    const [row] = await this.#db
      .insert(systems)
      .values({ id: systemIdFor(system.name), ...system })
      .returning();
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return row;
  }

  /** The whole name, in any case. `%` and `_` are ordinary characters, spaces count, aliases don't. */
  async getSystemByName(name: string): Promise<System | undefined> {
    const [row] = await this.#db.select().from(systems).where(sql`lower(${systems.name}) = lower(${name})`);
    return row;
  }

  /** By name or, where no system has it for a name, by alias. */
  async resolve(nameOrAlias: string): Promise<System | undefined> {
    const byName = await this.getSystemByName(nameOrAlias);
    if (byName !== undefined) return byName;
    const [row] = await this.#db
      .select({ system: systems })
      .from(systemAliases)
      .innerJoin(systems, eq(systems.id, systemAliases.systemId))
      .where(sql`lower(${systemAliases.alias}) = lower(${nameOrAlias})`);
    return row?.system;
  }

  /** A system with its owner, contacts (primary ones first), links (in their order) and tags. */
  async getDetails(systemId: string) {
    return await this.#db.query.systems.findFirst({
      where: eq(systems.id, systemId),
      with: {
        owner: true,
        aliases: true,
        contacts: { orderBy: (t, { asc, desc }) => [desc(t.isPrimary), asc(t.id)] },
        links: { orderBy: (t, { asc }) => [asc(t.position), asc(t.title)] },
        tags: { with: { tag: true } },
      },
    });
  }

  /** @throws a check violation when the transition is not in `lifecycle_transitions` */
  async changeLifecycle(systemId: string, to: Lifecycle): Promise<System | undefined> {
    const [row] = await this.#db.update(systems).set({ lifecycle: to }).where(eq(systems.id, systemId)).returning();
    return row;
  }

  async isReady(systemId: string): Promise<boolean> {
    const [row] = await this.#db.select().from(systemReadiness).where(eq(systemReadiness.systemId, systemId));
    return row?.isReady ?? false;
  }

  async addContact(contact: { systemId: string; kind: Contact["kind"]; value: string }): Promise<Contact> {
    const [row] = await this.#db.insert(contacts).values(contact).returning();
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return row;
  }

  /** Makes a contact the primary one of its kind. False, and nothing changed, when the system has no such contact. */
  async makePrimaryContact({ systemId, contactId }: { systemId: string; contactId: number }): Promise<boolean> {
    return await this.#db.transaction(async (tx) => {
      const ofSystem = and(eq(contacts.id, contactId), eq(contacts.systemId, systemId));
      const [contact] = await tx.select().from(contacts).where(ofSystem).for("update");
      if (contact === undefined) return false;
      await tx
        .update(contacts)
        .set({ isPrimary: false })
        .where(and(eq(contacts.systemId, systemId), eq(contacts.kind, contact.kind), eq(contacts.isPrimary, true)));
      await tx.update(contacts).set({ isPrimary: true }).where(ofSystem);
      return true;
    });
  }

  /** True when the contact was there, was this system's, and is gone. */
  async deleteContact({ systemId, contactId }: { systemId: string; contactId: number }): Promise<boolean> {
    const deleted = await this.#db
      .delete(contacts)
      .where(and(eq(contacts.id, contactId), eq(contacts.systemId, systemId)))
      .returning({ id: contacts.id });
    return deleted.length > 0;
  }

  async addLink(link: { systemId: string; kind: Link["kind"]; title: string; url: string }): Promise<Link> {
    const [row] = await this.#db
      .insert(links)
      .values({
        ...link,
        position: sql`(select coalesce(max(position) + 1, 0) from ${links} where system_id = ${link.systemId})`,
      })
      .returning();
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return row;
  }

  /** True when the link was there, was this system's, and is gone. */
  async deleteLink({ systemId, linkId }: { systemId: string; linkId: string }): Promise<boolean> {
    const deleted = await this.#db
      .delete(links)
      .where(and(eq(links.id, linkId), eq(links.systemId, systemId)))
      .returning({ id: links.id });
    return deleted.length > 0;
  }

  /** What runs where: the latest deployment of each environment, in the order a change travels. */
  async getCurrentVersions(systemId: string): Promise<{ environmentId: string; version: string; deployedAt: Date }[]> {
    const latest = this.#db
      .selectDistinctOn([deployments.environmentId], {
        environmentId: deployments.environmentId,
        version: deployments.version,
        deployedAt: deployments.deployedAt,
      })
      .from(deployments)
      .where(eq(deployments.systemId, systemId))
      .orderBy(deployments.environmentId, sql`${deployments.deployedAt} desc`)
      .as("latest");
    return await this.#db
      .select({ environmentId: latest.environmentId, version: latest.version, deployedAt: latest.deployedAt })
      .from(latest)
      .innerJoin(environments, eq(environments.id, latest.environmentId))
      .orderBy(asc(environments.rank));
  }
}
