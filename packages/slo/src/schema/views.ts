import { and, count, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { pgMaterializedView, pgView } from "drizzle-orm/pg-core";
import { attributions, downtimeEvents } from "./downtime.ts";
import { objectives } from "./objectives.ts";
import { services } from "./services.ts";

export const openEvents = pgView("open_events").as((qb) =>
  qb
    .select({
      id: downtimeEvents.id,
      objectiveId: downtimeEvents.objectiveId,
      severityId: downtimeEvents.severityId,
      startedAt: downtimeEvents.startedAt,
      summary: downtimeEvents.summary,
    })
    .from(downtimeEvents)
    .where(isNull(downtimeEvents.endedAt)),
);

/** What still stands: retracted attributions are history. */
export const standingAttributions = pgView("standing_attributions").as((qb) =>
  qb
    .select({
      eventId: attributions.eventId,
      kind: attributions.kind,
      teamId: attributions.teamId,
      providerId: attributions.providerId,
    })
    .from(attributions)
    .where(isNull(attributions.retractedAt)),
);

export const objectiveStatus = pgView("objective_status").as((qb) =>
  qb
    .select({
      objectiveId: sql<string>`${objectives.id}`.as("objective_id"),
      objectiveName: sql<string>`${objectives.name}`.as("objective_name"),
      serviceName: sql<string>`${services.name}`.as("service_name"),
      target: objectives.target,
      budget: objectives.budget,
      openCount: count(downtimeEvents.id).as("open_count"),
    })
    .from(objectives)
    .innerJoin(services, eq(services.id, objectives.serviceId))
    .leftJoin(downtimeEvents, and(eq(downtimeEvents.objectiveId, objectives.id), isNull(downtimeEvents.endedAt)))
    .where(isNull(objectives.retiredAt))
    .groupBy(objectives.id, services.name),
);

/** By the month (UTC) an event began in. Refreshed by `ObjectiveService.refreshMonthlyDowntime()`. */
export const monthlyDowntime = pgMaterializedView("monthly_downtime").as((qb) => {
  const month = sql`date_trunc('month', ${downtimeEvents.startedAt} at time zone 'UTC')::date`;
  return qb
    .select({
      objectiveId: downtimeEvents.objectiveId,
      month: sql<string>`${month}`.as("month"),
      eventCount: count().as("event_count"),
      seconds: sql<number>`sum(extract(epoch from ${downtimeEvents.endedAt} - ${downtimeEvents.startedAt}))::float8`.as(
        "seconds",
      ),
    })
    .from(downtimeEvents)
    .where(isNotNull(downtimeEvents.endedAt))
    .groupBy(downtimeEvents.objectiveId, month);
});
