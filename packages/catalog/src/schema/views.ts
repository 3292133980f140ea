import { and, count, countDistinct, eq, ne, sql } from "drizzle-orm";
import { pgMaterializedView, pgView } from "drizzle-orm/pg-core";
import { teams } from "./people.ts";
import { contacts, links, systems } from "./systems.ts";
import { systemTags, tags } from "./tags.ts";

export const liveSystems = pgView("live_systems").as((qb) =>
  qb
    .select({
      id: systems.id,
      name: systems.name,
      lifecycle: systems.lifecycle,
      tier: systems.tier,
      teamSlug: sql<string | null>`${teams.slug}`.as("team_slug"),
    })
    .from(systems)
    .leftJoin(teams, eq(teams.id, systems.ownerTeamId))
    .where(ne(systems.lifecycle, "retired")),
);

/** What a system lacks before it may go live. */
export const systemReadiness = pgView("system_readiness").as((qb) =>
  qb
    .select({
      systemId: sql<string>`${systems.id}`.as("system_id"),
      contactCount: countDistinct(contacts.id).as("contact_count"),
      linkCount: countDistinct(links.id).as("link_count"),
      isReady:
        sql<boolean>`count(distinct ${contacts.id}) > 0 and count(distinct ${links.id}) > 0 and ${systems.ownerTeamId} is not null`.as(
          "is_ready",
        ),
    })
    .from(systems)
    .leftJoin(contacts, and(eq(contacts.systemId, systems.id), eq(contacts.isPrimary, true)))
    .leftJoin(links, eq(links.systemId, systems.id))
    .groupBy(systems.id),
);

/** Refreshed by `SearchService.refreshTagUsage()`. */
export const tagUsage = pgMaterializedView("tag_usage").as((qb) =>
  qb
    .select({
      tagId: sql<number>`${tags.id}`.as("tag_id"),
      name: tags.name,
      systemCount: count(systemTags.systemId).as("system_count"),
    })
    .from(tags)
    .leftJoin(systemTags, eq(systemTags.tagId, tags.id))
    .groupBy(tags.id, tags.name),
);
