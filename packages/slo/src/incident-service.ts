import { and, eq, inArray, sql } from "drizzle-orm";
import type { SloDatabase } from "./database.ts";
import { downtimeEvents, incidentEvents, incidents, maintenanceWindows } from "./schema/index.ts";
import { assertTimeWindow, type TimeWindow } from "./time-window.ts";

export type Incident = typeof incidents.$inferSelect;

export class IncidentService {
  readonly #db: SloDatabase;

  constructor(db: SloDatabase) {
    this.#db = db;
  }

  /** All or nothing: an event belongs to one incident, so a taken one makes the whole call fail. */
  async declare({ title, eventIds }: { title: string; eventIds: number[] }): Promise<Incident> {
    return await this.#db.transaction(async (tx) => {
      const [incident] = await tx.insert(incidents).values({ title }).returning();
      if (incident === undefined) throw new Error("INSERT … RETURNING gave no row");
      if (eventIds.length > 0) {
        await tx
          .insert(incidentEvents)
          .values(eventIds.map((eventId) => ({ incidentNumber: incident.number, eventId })));
      }
      return incident;
    });
  }

  /** Closes the incident and those of its events that are still open. False when it is resolved or isn't there. */
  async resolve(number: number, { at }: { at: Date }): Promise<boolean> {
    return await this.#db.transaction(async (tx) => {
      const resolved = await tx
        .update(incidents)
        .set({ status: "resolved", resolvedAt: at })
        .where(and(eq(incidents.number, number), sql`${incidents.status} <> 'resolved'`))
        .returning({ number: incidents.number });
      if (resolved.length === 0) return false;
      const own = tx
        .select({ eventId: incidentEvents.eventId })
        .from(incidentEvents)
        .where(eq(incidentEvents.incidentNumber, number));
      await tx
        .update(downtimeEvents)
        .set({ endedAt: at })
        .where(and(inArray(downtimeEvents.id, own), sql`${downtimeEvents.endedAt} is null`));
      return true;
    });
  }

  /** @throws an exclusion violation when the service has another window at that time */
  async announceMaintenance({
    serviceId,
    from,
    to,
    reason,
  }: TimeWindow & { serviceId: number; reason?: string }): Promise<void> {
    assertTimeWindow({ from, to });
    const period = `[${from.toISOString()},${to.toISOString()})`;
    await this.#db.insert(maintenanceWindows).values({ serviceId, period, reason: reason ?? null });
  }

  async isInMaintenance(serviceId: number, at: Date): Promise<boolean> {
    const rows = await this.#db
      .select({ id: maintenanceWindows.id })
      .from(maintenanceWindows)
      .where(
        and(
          eq(maintenanceWindows.serviceId, serviceId),
          sql`${maintenanceWindows.period} @> ${at.toISOString()}::timestamptz`,
        ),
      );
    return rows.length > 0;
  }
}
