import { and, asc, desc, eq, gt, isNull, sql } from "drizzle-orm";
import type { SloDatabase } from "./database.ts";
import { DowntimeService } from "./downtime-service.ts";
import { type ErrorBudget, errorBudget } from "./error-budget.ts";
import {
  alertPolicies,
  indicatorSamples,
  indicators,
  monthlyDowntime,
  objectiveRevisions,
  objectiveStatus,
  objectives,
  services,
} from "./schema/index.ts";
import { daysBefore } from "./time-window.ts";

export type Objective = typeof objectives.$inferSelect;

export class ObjectiveService {
  readonly #db: SloDatabase;
  readonly #downtime: DowntimeService;

  constructor(db: SloDatabase) {
    this.#db = db;
    this.#downtime = new DowntimeService(db);
  }

  /** Makes the service too if it is new. Names of living objectives are unique per service, in any case. */
  async define(objective: {
    service: string;
    name: string;
    target: string;
    kind?: Objective["kind"];
    periodDays?: number;
  }): Promise<Objective> {
    const { service, ...values } = objective;
    return await this.#db.transaction(async (tx) => {
      await tx.insert(services).values({ name: service }).onConflictDoNothing();
      const [found] = await tx.select({ id: services.id }).from(services).where(eq(services.name, service));
      if (found === undefined) throw new Error(`The service ${service} was deleted meanwhile`);
      const [row] = await tx
        .insert(objectives)
        .values({ ...values, serviceId: found.id })
        .returning();
      if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
      return row;
    });
  }

  async get(objectiveId: string): Promise<Objective | undefined> {
    const [row] = await this.#db.select().from(objectives).where(eq(objectives.id, objectiveId));
    return row;
  }

  /**
   * Living objectives of a service in the order of their names, a page at a time: `after` is the last name of the page before. With
   * `containing`, those whose name has that in it, in any case.
   */
  async list(
    serviceId: number,
    { containing, after, limit = 20 }: { containing?: string; after?: string; limit?: number } = {},
  ): Promise<Objective[]> {
    const name = sql`lower(${objectives.name})`;
    return await this.#db
      .select()
      .from(objectives)
      .where(
        and(
          eq(objectives.serviceId, serviceId),
          isNull(objectives.retiredAt),
          after === undefined ? undefined : gt(name, sql`lower(${after})`),
          containing === undefined ? undefined : sql`strpos(${name}, lower(${containing})) > 0`,
        ),
      )
      .orderBy(asc(name))
      .limit(limit);
  }

  /**
   * Undefined where there is no such objective. With `insteadOf`, also where it promises something else by now: whoever read a target
   * changes that one, and no other that came meanwhile.
   */
  async setTarget(
    objectiveId: string,
    target: string,
    { insteadOf }: { insteadOf?: string } = {},
  ): Promise<Objective | undefined> {
    const [row] = await this.#db
      .update(objectives)
      .set({ target })
      .where(
        and(eq(objectives.id, objectiveId), insteadOf === undefined ? undefined : eq(objectives.target, insteadOf)),
      )
      .returning();
    return row;
  }

  /** Frees the name. False when there is no such objective, or it was retired before. */
  async retire(objectiveId: string): Promise<boolean> {
    const retired = await this.#db
      .update(objectives)
      .set({ retiredAt: sql`now()` })
      .where(and(eq(objectives.id, objectiveId), isNull(objectives.retiredAt)))
      .returning({ id: objectives.id });
    return retired.length > 0;
  }

  /** Targets the objective had before, the latest first. */
  async listFormerTargets(objectiveId: string): Promise<string[]> {
    const rows = await this.#db
      .select({ target: objectiveRevisions.target })
      .from(objectiveRevisions)
      .where(eq(objectiveRevisions.objectiveId, objectiveId))
      .orderBy(desc(objectiveRevisions.id));
    return rows.map((row) => row.target);
  }

  /** The period that ends at `now`, open events included. */
  async getBudget(objectiveId: string, { now = new Date() }: { now?: Date } = {}): Promise<ErrorBudget | undefined> {
    const objective = await this.get(objectiveId);
    if (objective === undefined) return undefined;
    const { target, periodDays } = objective;
    const window = daysBefore(now, periodDays);
    const { seconds } = await this.#downtime.getDowntimeForWindow(objectiveId, { ...window, includeOpen: true, now });
    return errorBudget({ target, periodDays, spentSeconds: seconds });
  }

  async listStatus(): Promise<(typeof objectiveStatus.$inferSelect)[]> {
    return await this.#db
      .select()
      .from(objectiveStatus)
      .orderBy(asc(objectiveStatus.serviceName), asc(objectiveStatus.objectiveName));
  }

  async listAlertPolicies(objectiveId: string): Promise<(typeof alertPolicies.$inferSelect)[]> {
    return await this.#db
      .select()
      .from(alertPolicies)
      .where(eq(alertPolicies.objectiveId, objectiveId))
      .orderBy(asc(alertPolicies.longWindow));
  }

  /** The latest ratio of each indicator of an objective; null where the sample saw no traffic. */
  async getIndicatorRatios(objectiveId: string): Promise<Record<string, string | null>> {
    const rows = await this.#db
      .selectDistinctOn([indicators.id], { name: indicators.name, ratio: indicatorSamples.ratio })
      .from(indicators)
      .innerJoin(indicatorSamples, eq(indicatorSamples.indicatorId, indicators.id))
      .where(eq(indicators.objectiveId, objectiveId))
      .orderBy(indicators.id, desc(indicatorSamples.sampledAt));
    return Object.fromEntries(rows.map((row) => [row.name, row.ratio]));
  }

  async refreshMonthlyDowntime(): Promise<void> {
    await this.#db.refreshMaterializedView(monthlyDowntime).concurrently();
  }

  /** As of the last refresh, closed events only. */
  async listMonthlyDowntime(objectiveId: string): Promise<{ month: string; eventCount: number; seconds: number }[]> {
    return await this.#db
      .select({
        month: monthlyDowntime.month,
        eventCount: monthlyDowntime.eventCount,
        seconds: monthlyDowntime.seconds,
      })
      .from(monthlyDowntime)
      .where(eq(monthlyDowntime.objectiveId, objectiveId))
      .orderBy(asc(monthlyDowntime.month));
  }
}
