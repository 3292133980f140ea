import { and, asc, eq, exists, isNotNull, isNull, notExists, type SQL, sql } from "drizzle-orm";
import type { SloDatabase } from "./database.ts";
import {
  type attributionKind,
  attributions,
  downtimeEvents,
  openEvents,
  standingAttributions,
} from "./schema/index.ts";
import { assertTimeWindow, type TimeWindow } from "./time-window.ts";

export type AttributionKind = (typeof attributionKind.enumValues)[number];
export type OpenEvent = typeof openEvents.$inferSelect;

/**
 * A kind takes in everything attributed to a team or provider of that kind. `unattributed` is what nobody was found for,
 * or what every attribution was taken back of.
 */
export type AttributionFilter = AttributionKind | "unattributed" | { teamId: number } | { providerId: number };

export interface Downtime {
  /** Time within the window that at least one event covers: events that overlap are not counted twice. */
  seconds: number;
  /** The events that cover some of it, the earliest first. */
  events: DowntimePart[];
}

/** An event, cut to the window. */
export interface DowntimePart {
  id: number;
  from: Date;
  to: Date;
  isOpen: boolean;
}

export class DowntimeService {
  readonly #db: SloDatabase;

  constructor(db: SloDatabase) {
    this.#db = db;
  }

  /**
   * How long an objective was down in a window, and by which events.
   *
   * Windows and events are half open: an event that ends when the window begins, or begins when it ends, has no part in it,
   * and neither has an event without duration. An open event lasts until `now`, or to the end of the window if that is
   * earlier; `includeOpen: false` leaves open events out.
   */
  async getDowntimeForWindow(
    objectiveId: string,
    { from, to, includeOpen, now = new Date() }: TimeWindow & { includeOpen: boolean; now?: Date },
  ): Promise<Downtime> {
    assertTimeWindow({ from, to });
    const { endedAt, id, period, startedAt } = downtimeEvents;
    const window = sql`tstzrange(${instant(from)}, ${instant(to)})`;
    const lastsUntil = sql`coalesce(${endedAt}, greatest(${startedAt}, ${instant(now)}))`;
    const part = sql`(tstzrange(${startedAt}, ${lastsUntil}) * ${window})`;

    const rows = await this.#db
      .select({
        id,
        from: sql`lower(${part})`.mapWith(startedAt),
        to: sql`upper(${part})`.mapWith(startedAt),
        isOpen: sql<boolean>`${endedAt} is null`,
        covered: sql<number>`covered_seconds(range_agg(${part}) over ())`,
      })
      .from(downtimeEvents)
      .where(
        and(
          eq(downtimeEvents.objectiveId, objectiveId),
          sql`${period} && ${window}`,
          sql`not isempty(${part})`,
          includeOpen ? undefined : isNotNull(endedAt),
        ),
      )
      .orderBy(asc(startedAt), asc(id));

    return { seconds: rows[0]?.covered ?? 0, events: rows.map(({ covered, ...event }) => event) };
  }

  /** Open events of one objective, the earliest first; all of them without a filter. Each event once. */
  async listOpenEvents({
    objectiveId,
    attribution,
  }: {
    objectiveId: string;
    attribution?: AttributionFilter;
  }): Promise<OpenEvent[]> {
    return await this.#db
      .select()
      .from(openEvents)
      .where(and(eq(openEvents.objectiveId, objectiveId), this.#attributed(attribution)))
      .orderBy(asc(openEvents.startedAt), asc(openEvents.id));
  }

  #attributed(filter: AttributionFilter | undefined): SQL | undefined {
    if (filter === undefined) return undefined;
    const standing = (condition?: SQL) =>
      this.#db
        .select({ one: sql`1` })
        .from(standingAttributions)
        .where(and(eq(standingAttributions.eventId, openEvents.id), condition));
    if (filter === "unattributed") return notExists(standing());
    if (typeof filter === "string") return exists(standing(eq(standingAttributions.kind, filter)));
    if ("teamId" in filter) return exists(standing(eq(standingAttributions.teamId, filter.teamId)));
    return exists(standing(eq(standingAttributions.providerId, filter.providerId)));
  }

  async open(event: { objectiveId: string; startedAt: Date; severityId?: string; summary?: string }): Promise<number> {
    const [row] = await this.#db.insert(downtimeEvents).values(event).returning({ id: downtimeEvents.id });
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return row.id;
  }

  /** False, and nothing changed, when the objective has no such event or it was closed before. */
  async close({
    objectiveId,
    eventId,
    endedAt,
  }: {
    objectiveId: string;
    eventId: number;
    endedAt: Date;
  }): Promise<boolean> {
    const closed = await this.#db
      .update(downtimeEvents)
      .set({ endedAt })
      .where(
        and(
          eq(downtimeEvents.id, eventId),
          eq(downtimeEvents.objectiveId, objectiveId),
          isNull(downtimeEvents.endedAt),
        ),
      )
      .returning({ id: downtimeEvents.id });
    return closed.length > 0;
  }

  async attribute(
    eventId: number,
    to: { kind: AttributionKind } | { teamId: number } | { providerId: number },
  ): Promise<number> {
    const values =
      "teamId" in to
        ? ({ eventId, kind: "internal", teamId: to.teamId } as const)
        : "providerId" in to
          ? ({ eventId, kind: "upstream", providerId: to.providerId } as const)
          : { eventId, kind: to.kind };
    const [row] = await this.#db.insert(attributions).values(values).returning({ id: attributions.id });
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return row.id;
  }

  /** False when there is no such attribution of that event, or it was taken back before. */
  async retract({ eventId, attributionId }: { eventId: number; attributionId: number }): Promise<boolean> {
    const retracted = await this.#db
      .update(attributions)
      .set({ retractedAt: sql`now()` })
      .where(
        and(eq(attributions.id, attributionId), eq(attributions.eventId, eventId), isNull(attributions.retractedAt)),
      )
      .returning({ id: attributions.id });
    return retracted.length > 0;
  }
}

function instant(date: Date): SQL {
  return sql`${date.toISOString()}::timestamptz`;
}
