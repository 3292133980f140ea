import { eq } from "drizzle-orm";
import type { PgAsyncDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { relations } from "./relations.ts";
import { load } from "./schema.ts";

/** Whichever driver is under it. */
export type RotaDatabase = PgAsyncDatabase<PgQueryResultHKT, typeof relations>;

/** Who is called when something breaks. */
export class RotaService {
  readonly #db: RotaDatabase;

  constructor(db: RotaDatabase) {
    this.#db = db;
  }

  /** The handles to call, in order of level; the rotation's fallback where nobody has a shift. */
  async onCall(rotation: string, at: Date): Promise<string[]> {
    const found = await this.#db.query.rotations.findFirst({
      where: { name: rotation },
      with: {
        fallback: true,
        shifts: {
          where: { startsAt: { lte: at }, endsAt: { gt: at } },
          orderBy: { level: "asc" },
          with: { engineer: true },
        },
      },
    });
    if (!found) return [];
    if (found.shifts.length > 0) return found.shifts.map(({ engineer }) => engineer.handle);
    return found.fallback ? [found.fallback.handle] : [];
  }

  /** Hours that an engineer has carried the pager. */
  async hours(engineerId: number): Promise<number> {
    const [row] = await this.#db.select().from(load).where(eq(load.engineerId, engineerId));
    return row?.hours ?? 0;
  }
}
